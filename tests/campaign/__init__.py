"""Tests of the campaign file, its calendar, the roster and the people."""

"""Tests of what is printed: chat text and pictures."""

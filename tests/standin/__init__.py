"""Tests of the local stand-in for the WeCom platform."""

"""Tests of the reader: tables of messages, numerals, dates and spans, properties, hostile input, the shared corpus."""

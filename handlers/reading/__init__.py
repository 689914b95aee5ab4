"""Chinese free text to figures, in the words of the campaign file. Pure: no clock, no database, no network."""

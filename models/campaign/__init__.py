"""A campaign as frozen values: what is collected, who owes what, what the clock does, what is ranked.

Pure: no database, no clock, no network. Everything specific to one campaign stands in its TOML file
(examples/hunan-2021.toml); nothing of it stands in code.
"""

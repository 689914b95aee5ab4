"""Chaos: processes killed at every step of intake, delivery and schedule. `make chaos` runs the long form."""

"""Load: real encrypted callbacks at a steady rate, ours beside a bare echo and WeRoBot. `make load` runs it."""

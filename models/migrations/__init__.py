"""The schema's history, run by `python -m bot migrate`. See run.py for how to add a revision."""

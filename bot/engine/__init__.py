"""Adapters of models.engine.Engine: who wakes up, in which process, and when."""

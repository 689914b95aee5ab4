"""Tables, queries, and the plain values that everybody shares. Imports nothing of handlers, schedules or bot."""

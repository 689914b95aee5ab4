"""What the bot understands and answers: plain functions, no HTTP. The list of them all is handlers/routes.py.

Nothing is imported here, so that the reader can be used without the database.
"""

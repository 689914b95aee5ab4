"""What each command of the command line does, a module for those that belong together; __main__ names them.

Imports stand inside the functions, so that `read` does not wait for a web server.
"""

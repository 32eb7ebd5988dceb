"""Jobs: the queue that forgets nothing, and the worker processes that do the work.

state (pure rules) - journal (SQLite) - messages (the pipe) - worker (the process) - supervisor (keeps one alive) -
service (joins them for the server's loop).
"""

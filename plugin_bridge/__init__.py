"""Where third-party plugin code runs, and nowhere else.

The engine knows nothing of plugins; this package knows nothing of plans, jobs or timelines.
"""

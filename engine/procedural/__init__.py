"""Sound from equations: building blocks, one sound family a file under ``sounds``, and the table of families.

Everything here is a pure function of a seeded generator and a few knobs. This folder knows nothing of plans, jobs or
files; the backend ``procedural`` is its only door to the engine.
"""

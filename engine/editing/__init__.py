"""Changing sound that is there: the actions of :mod:`engine.action` done to a source.

``apply`` does actions in order, to all of a sound or within a span of it; ``doers`` knows which is done by what:
``level``, ``length``, ``filling`` and the tools of ``engine.dsp``, which work with a ``kit``; ``spool`` puts results
aside, ``spot`` joins a span to what stays. Nothing here knows files, plans or words.
"""

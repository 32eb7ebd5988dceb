"""Changing sound that is there: the actions of :mod:`engine.action` done to a source.

``spool`` puts results aside, ``level``, ``length`` and ``spot`` do what needs no DSP of its own, ``apply`` knows which
action is done by what and does them in order, all of a region or a selected span of it. Nothing here knows files,
requests or words.
"""

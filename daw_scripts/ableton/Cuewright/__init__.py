# ruff: noqa: N999 (Live shows the folder's name in its menu)
"""Cuewright in Ableton Live: a Remote Script that asks the engine for sounds and puts them into the set.

Live loads this file first. It is kept to what Python 3.7 understands, so that an older Live says what it needs instead
of leaving the menu entry dead; everything else is imported only where it can run.
"""

import sys

NEEDED_PYTHON = (3, 11)
TOO_OLD = "Cuewright needs Live 12 (12.0.5 or later); this Live is older, and nothing was started."


def create_instance(c_instance):  # type: ignore[no-untyped-def] # Live's own entry point, and 3.7 has other annotations
    """Make the control surface; called by Live once for every set."""
    if sys.version_info < NEEDED_PYTHON:
        from ableton.v2.control_surface import ControlSurface  # type: ignore[import-not-found] # inside Live only

        surface = ControlSurface(c_instance)
        surface.schedule_message(1, lambda: surface.show_message(TOO_OLD))
        return surface
    from .surface import Cuewright

    return Cuewright(c_instance)

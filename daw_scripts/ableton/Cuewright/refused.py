"""The one error of this script: something the user asked for cannot be done, and why."""

from __future__ import annotations


class Refused(Exception):
    """A sentence for the user: what is wrong and what to do."""

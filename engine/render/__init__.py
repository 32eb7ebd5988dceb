"""Runs jobs: the only place where the stages meet.

``scene`` gathers what a job is composed to (picture, cues), ``studio`` goes from its words to its files, ``files``
measures and writes one sound, ``rebuild`` does a manifest again.
"""

from engine.render.studio import Studio

__all__ = ["Studio"]

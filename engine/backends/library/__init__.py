"""The user's own sounds: read where they lie, indexed, searched and played.

``index`` keeps and searches, ``reader`` takes in one file (``names`` and ``wavmeta`` read its words), ``ranking``
judges how well words and files agree, ``playing`` makes takes of a recording.
"""

from engine.backends.library.index import AddReport, Library, LibraryItem, Recording

__all__ = ["AddReport", "Library", "LibraryItem", "Recording"]

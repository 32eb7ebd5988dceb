"""Cue sheets in and out: CSV, TSV, XLSX, Pro Tools text, EDL, REAPER's markers, our own JSON, and markers in a line.

:mod:`read` finds the format; a module a format turns the file into entries (:mod:`sheet`); :mod:`columns` finds what a
table's columns are; :mod:`times` reads every way of writing a time; :mod:`cues` makes the cues; :mod:`write` goes back.
"""

from engine.planning.cuesheet.markers import read_markers
from engine.planning.cuesheet.read import read_sheet
from engine.planning.cuesheet.sheet import BadRow, Column, Sheet
from engine.planning.cuesheet.write import SheetFormat, write_sheet

__all__ = ["BadRow", "Column", "Sheet", "SheetFormat", "read_markers", "read_sheet", "write_sheet"]

"""Cuewright's engine: words and picture in, stems on a timeline out."""

__version__ = "0.1.0"

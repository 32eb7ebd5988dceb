"""Rendered performances with known contacts, to train spotting by: nothing in them is footage."""

"""Fits a sound to its picture: describe, plan, act, judge, and again from the original; the best version wins."""

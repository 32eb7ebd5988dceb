"""The sound families, one kind a file; ``engine.procedural.families`` is their table."""

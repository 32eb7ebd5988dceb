"""How well the engine does: measures with their sources, and footage whose truth is known."""

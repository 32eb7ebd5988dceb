"""Picture to facts: reading a slice of a video, its shots, what moves in it, and the cues that follow."""

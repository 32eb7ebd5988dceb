"""Audio-Agent's way from picture to sound: frames to tokens that say what sounds and when.

``config`` every open number; ``look`` frames to features; ``hear`` sound to units; ``speak`` features and a caption to
units; ``tokens`` all of it as one loaded model; ``visual_adapter`` units into the diffusion model.

Source: Audio-Agent (arXiv 2410.03335).
"""

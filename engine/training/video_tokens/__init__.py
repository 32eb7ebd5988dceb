"""Trains Audio-Agent's way from picture to sound: units, tokens, and the visual adapter of the diffusion model."""

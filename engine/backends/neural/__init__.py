"""What the diffusion backends share: batches, memory, long sounds, and how a model's sound becomes a take."""

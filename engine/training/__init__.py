"""What is learnt from data: constants and weights that the engine comes with, or that a user makes."""

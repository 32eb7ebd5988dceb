"""The parts of the loop that ask models: who describes, who plans, who judges."""

"""Language models behind an OpenAI-compatible server, near or far."""

"""What makes sounds: one file a backend, one Protocol, one registry."""

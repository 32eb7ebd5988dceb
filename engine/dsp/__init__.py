"""Signal processing: pure functions, one concept a file."""

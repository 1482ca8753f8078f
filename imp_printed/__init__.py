"""Can a printed number be true? Needs no data."""

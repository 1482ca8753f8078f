"""Raw files of every kind, read as text."""

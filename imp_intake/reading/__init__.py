"""Raw files as they come, cell by cell."""

"""Statistics of groups and times, and of the next trial."""

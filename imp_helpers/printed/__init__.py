"""What printed numbers tell on their own: checks of a paper that need none of its data."""

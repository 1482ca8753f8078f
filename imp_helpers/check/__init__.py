"""What is checked before anything is computed, and how a new study begins."""

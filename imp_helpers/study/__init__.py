"""The study itself: its settings, scoring keys, printed numbers, results and errors."""

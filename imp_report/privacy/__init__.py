"""What reports may tell about people."""

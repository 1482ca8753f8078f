"""Files for others: tables and text for a manuscript, data and syntax for a check."""

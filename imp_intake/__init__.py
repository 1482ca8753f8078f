"""From raw exports to clean tables, or a list of problems; knows no test and no effect."""

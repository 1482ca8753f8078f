"""From a table or figure to a page, Word or CSV; knows no study."""

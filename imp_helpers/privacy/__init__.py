"""Disclosure control, pseudonyms, and what git must not get."""

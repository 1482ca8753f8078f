"""Analyses that a trial needs and the pilot did not: models, imputation, robustness."""

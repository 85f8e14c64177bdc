"""Targets: what share of jobs must do well, what is left of the budget of errors, and what spent it."""

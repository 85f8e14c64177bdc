"""Trigger probe: a test of the chain on rows of its own."""

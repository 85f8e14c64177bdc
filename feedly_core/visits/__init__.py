"""Visits: when people were here, and what has happened since."""

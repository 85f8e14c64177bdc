"""Sections of the results page, one per module."""

"""Pieces of the review page."""

"""Saved views: addresses of pages that people keep by name, and what is new there."""

"""Checks with their fixes, and the live test of the trigger chain."""

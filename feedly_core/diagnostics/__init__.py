"""Diagnostics: checks with their fixes, trigger probe, resent notifications."""

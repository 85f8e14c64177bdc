"""The write side: make jobs, run campaigns, remove test jobs."""

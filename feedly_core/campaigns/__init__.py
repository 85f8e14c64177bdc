"""Campaigns: schedule, store, runner, outcomes."""

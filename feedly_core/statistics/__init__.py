"""Decisions under uncertainty: pure functions over arrays, NumPy only.

Every figure is an :class:`~feedly_core.statistics.estimate.Estimate`: its value, how many observations of how
many jobs, and a 95 % interval over jobs, or the reason why there is none.
"""

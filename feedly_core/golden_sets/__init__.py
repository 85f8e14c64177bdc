"""Golden sets: frozen orders, their runs, and whether a release broke what was approved."""

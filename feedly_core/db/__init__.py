"""Database access: engine, errors, limits, cancellation, query budgets, own schema."""

"""The demo: embedded PostgreSQL, schema, sample data and the pipeline simulator."""

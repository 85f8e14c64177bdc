"""The demo: embedded PostgreSQL, schema, sample data, pipeline simulator."""

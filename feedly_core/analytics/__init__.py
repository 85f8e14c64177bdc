"""Many jobs: read model, gallery, trends, export."""

"""Asset URL to bytes, thumbnails, and drawings of the data."""

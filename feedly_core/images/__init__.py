"""Asset URL to bytes, thumbnails, and drawings made from the data."""

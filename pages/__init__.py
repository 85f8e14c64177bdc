"""Pages: one file each, drawn from ``feedly_core``."""

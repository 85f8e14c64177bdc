"""What a person sees: one file a page, drawn from the answers of ``feedly_core``."""

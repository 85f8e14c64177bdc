"""Gallery: filters, cards, comparison, export."""

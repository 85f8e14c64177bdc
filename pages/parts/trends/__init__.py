"""Parts of the trends page: filters, charts, comparison."""

"""Parts of the page that makes jobs."""

"""One job's whole story, and the story of many."""

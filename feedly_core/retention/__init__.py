"""What the dashboard itself stores: how much, since when, and what may go."""

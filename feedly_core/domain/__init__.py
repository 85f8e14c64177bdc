"""What FeedlyAI is: its steps, its tables, its documents.

Nothing of the dashboard's own.
"""

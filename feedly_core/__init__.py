"""FeedlyAI dashboard core: everything the dashboard knows and does, without Streamlit."""

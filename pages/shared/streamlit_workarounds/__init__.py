"""Private uses of Streamlit; each says when it can be deleted."""

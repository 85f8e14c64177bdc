"""Private uses of Streamlit.

Each says when it can be deleted.
"""

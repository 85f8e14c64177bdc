"""FeedlyAI dashboard core: everything the dashboard knows and does, without Streamlit."""

from feedly_core.version import __version__

__all__ = ["__version__"]

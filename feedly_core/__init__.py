"""FeedlyAI's advertisement pipeline, asked from Python.

``feedly_core.connect()`` opens a database; what it returns answers questions about jobs, pictures,
scores, campaigns and the trigger chain. See ``docs/notebook.md``.
"""

from feedly_core.api import Feedly, connect
from feedly_core.errors import FeedlyError
from feedly_core.job import Job
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.version import __version__

__all__ = ["Feedly", "FeedlyError", "Job", "JobReport", "VariantReport", "__version__", "connect"]

"""FeedlyAI's advertisement pipeline, asked from Python.

``feedly_core.connect()`` opens a database; what it returns answers questions about jobs, pictures,
scores, campaigns and the trigger chain. See ``docs/notebook.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedly_core.api import Feedly, connect
    from feedly_core.errors import FeedlyError
    from feedly_core.job import Job
    from feedly_core.results.report_types import JobReport, VariantReport
    from feedly_core.version import __version__

__all__ = ["Feedly", "FeedlyError", "Job", "JobReport", "VariantReport", "__version__", "connect"]

_MODULE_OF = {
    "Feedly": "api",
    "FeedlyError": "errors",
    "Job": "job",
    "JobReport": "results.report_types",
    "VariantReport": "results.report_types",
    "__version__": "version",
    "connect": "api",
}
"""Loaded when first asked for: all of the core takes seconds, and most programs need a part of it."""


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"feedly_core.{_MODULE_OF[name]}"), name)

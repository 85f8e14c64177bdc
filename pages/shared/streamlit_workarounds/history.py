"""Whether a run was asked for by the browser's Back or Forward.

Delete when Streamlit says so in public, or when its binding of the address writes names instead of labels.
"""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx


def went_through_history() -> bool:
    """True in the run after Back or Forward: then the address is right, and what the widgets hold is old."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))

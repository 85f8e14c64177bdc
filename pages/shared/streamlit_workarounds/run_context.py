"""What Streamlit knows of the present run and does not say in public.

Delete each function when Streamlit has a public call for it.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType


def viewer_left() -> Callable[[], bool]:
    """Whether the tab was closed or a newer run began.

    Any thread may call the result.

    Streamlit only tells it to a run that draws, and has no public call for one that waits, so this looks
    at a private attribute.
    """
    context = get_script_run_ctx(suppress_warning=True)
    requests = context.script_requests if context else None
    return lambda: requests is not None and requests._state is ScriptRequestType.STOP


def went_through_history() -> bool:
    """True in the run after Back or Forward: then the address is right, and what the widgets hold is old."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))

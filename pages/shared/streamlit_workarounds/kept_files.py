"""Files that Streamlit gives out (downloads, pictures, the icon), and what makes a download at a click.

Streamlit forgets them with the page that showed them, at the end of anybody's next runs. The browser comes
for them a moment after it was told of them, and a file that was made at a click belongs to no page at all.
Where many people look, or a page is left at once, the file is gone before that.

Delete when Streamlit keeps files for a while after the last page that showed them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from weakref import WeakKeyDictionary

from streamlit.runtime.media_file_manager import MediaFileManager

KEPT_S = 30.0
"""Longer than a browser on a slow line needs to come for a file, short enough for archives in memory."""
_KEPT = "kept for a while"
"""Named like a session of Streamlit's that shows the files."""


def keep_for_a_while(clock: Callable[[], float] = time.monotonic) -> None:
    """From now on files outlive the last page that showed them by ``KEPT_S``."""
    unused = MediaFileManager._get_inactive_file_ids
    if hasattr(unused, "__wrapped__"):
        return
    unused_since: WeakKeyDictionary[MediaFileManager, dict[str, tuple[object, float]]] = WeakKeyDictionary()

    @wraps(unused)
    def unused_for_long(manager: MediaFileManager) -> set[str]:
        """Called with the manager's lock held, before anything is removed."""
        shown = manager._files_by_session_and_coord
        shown.pop(_KEPT, None)
        used = {file for files in shown.values() for file in files.values()}
        given_out = {**manager._file_metadata, **manager._deferred_callables}
        before, now = unused_since.get(manager, {}), clock()
        since = {}
        for file, given in given_out.items():
            if file not in used:
                # Given out again since then, the same content is the same file, but has a new entry.
                known = before.get(file)
                since[file] = known if known and known[0] is given else (given, now)
        unused_since[manager] = since
        shown[_KEPT] = {file: file for file, (_, at) in since.items() if now - at < KEPT_S}
        return unused(manager)

    MediaFileManager._get_inactive_file_ids = unused_for_long  # type: ignore[method-assign, assignment]

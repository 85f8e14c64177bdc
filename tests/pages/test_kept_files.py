"""A file that was given out is there when the browser comes for it, and not for ever."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages.shared.streamlit_workarounds import kept_files
from pages.shared.streamlit_workarounds.kept_files import KEPT_S


class Files:
    """Streamlit's files, and people who look at pages."""

    def __init__(self) -> None:
        self.now = 0.0
        self._storage = MemoryMediaFileStorage("/media")
        self.manager = MediaFileManager(self._storage)

    def others_look(self, moment: float) -> None:
        """Runs end: two, because Streamlit spares a download the first time."""
        self.now = moment
        self.manager.remove_orphaned_files()
        self.manager.remove_orphaned_files()

    def are_there(self, address: str) -> bool:
        try:
            self._storage.get_file(address.rpartition("/")[2])
        except MediaFileStorageError:
            return False
        return True


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    plain: Any = MediaFileManager._get_inactive_file_ids
    monkeypatch.setattr(MediaFileManager, "_get_inactive_file_ids", getattr(plain, "__wrapped__", plain))
    files = Files()
    kept_files.keep_for_a_while(lambda: files.now)
    return files


@pytest.mark.parametrize("download", [True, False])
def test_what_a_page_showed_outlives_it_for_a_while(files: Files, *, download: bool) -> None:
    file = files.manager.add(b"a,b", "text/csv", "1", is_for_static_download=download)
    files.others_look(10 * KEPT_S)
    files.manager.clear_session_refs()
    files.others_look(20 * KEPT_S)
    files.others_look(20.9 * KEPT_S)
    assert files.are_there(file)
    files.others_look(21 * KEPT_S)
    assert not files.are_there(file)


def test_a_click_counts_while_its_page_is_drawn_anew(files: Files) -> None:
    button = files.manager.add_deferred(lambda: b"a,b", "text/csv", "1")
    files.manager.clear_session_refs()
    files.others_look(1)
    file = files.manager.execute_deferred(button)
    files.others_look(2)
    assert files.are_there(file)
    files.others_look(2 + KEPT_S)
    assert not files.are_there(file)
    with pytest.raises(MediaFileStorageError):
        files.manager.execute_deferred(button)


def test_the_same_file_made_again_is_kept_anew(files: Files) -> None:
    button = files.manager.add_deferred(lambda: b"a,b", "text/csv", "1")
    file = files.manager.execute_deferred(button)
    files.others_look(1)
    assert files.manager.execute_deferred(button) == file
    files.others_look(1 + KEPT_S)
    assert files.are_there(file)


def test_files_are_kept_once(files: Files) -> None:
    once = MediaFileManager._get_inactive_file_ids
    kept_files.keep_for_a_while()
    assert MediaFileManager._get_inactive_file_ids is once

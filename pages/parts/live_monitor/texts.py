"""The texts of a job when they are written: copy on the picture, feed post, hashtags."""

from __future__ import annotations

import streamlit as st

from feedly_core.results.report_types import JobReport
from pages.shared.language import _
from pages.shared.navigation import section

_ON_PICTURE, _FOR_FEED = "ad_copy_kor", "eng_to_kor"


def show(report: JobReport) -> None:
    """Plain text only: whatever a model wrote is never read as markup."""
    stages = {copy.stage: copy.text for copy in report.copies if copy.text}
    if not {_ON_PICTURE, _FOR_FEED} & stages.keys() and not report.feed:
        return
    section(_("Texts"))
    copy, feed = st.columns(2, gap="large")
    with copy:
        _text(_("On the picture"), stages.get(_ON_PICTURE))
        _text(_("Full Korean copy"), stages.get(_FOR_FEED))
    with feed:
        _text(_("Feed post"), report.feed.caption if report.feed else None)
        _text(_("Hashtags"), " ".join(report.feed.hashtags) if report.feed else None)
        if report.feed:
            post = f"{report.feed.caption}\n\n{' '.join(report.feed.hashtags)}\n"
            st.download_button(
                _("Download the post"),
                post,
                file_name=f"{str(report.job.job_id)[:8]}.txt",
                icon=":material/download:",
                on_click="ignore",
            )


def _text(label: str, value: str | None) -> None:
    st.caption(label)
    st.text(value or _("not written yet"))

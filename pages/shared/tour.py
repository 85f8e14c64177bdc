"""The guided look: five steps that do something in the demo, the last one a fault that diagnostics finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import streamlit as st

from feedly_core.db.engine import writing
from feedly_core.i18n import N_, Message
from feedly_core.jobs.create import create_job
from feedly_core.jobs.request import DEFAULT_TENANT, JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures, texts_for
from feedly_core.live.overview import newest_pictures
from feedly_core.permissions import Role
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _
from pages.shared.person import current_person

_PLACE = "guided-look"
_COOKIE = "feedly_looked"
_seen = st.components.v2.component(
    "feedly.looked",
    html="<span hidden></span>",
    js=Path(__file__).with_name("looked.js").read_text(encoding="utf-8"),
)

Address = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class Stop:
    """``says``: what one sees here. ``go`` does what the button ``offers`` and returns where it shows."""

    says: Message
    offers: Message
    go: Callable[[], Address | None]


def _make_job() -> Address:
    here, pictures = dashboard(), sample_pictures()[:1]
    texts = texts_for(JobKind.FULL, pictures)
    request = JobRequest(
        JobKind.FULL, DEFAULT_TENANT[JobKind.FULL], pictures, texts.description, ad_copy=texts.ad_copy
    )
    made = create_job(
        here.engine,
        request,
        key=uuid4(),
        assets_dir=here.assets_dir or here.settings.home / "assets",
        person=current_person(),
        settings=here.settings,
        now=datetime.now(UTC),
    )
    return "live_monitor", {"job": str(made.job_id)}


def _finished_job() -> Address:
    newest = next((picture for picture in ask(newest_pictures) if picture.job_id), None)
    return "results", {"job": str(newest.job_id)} if newest else {}


def _judge() -> Address:
    return "review", {}


def _break() -> Address:
    from dashboard.demo.broken_trigger import break_trigger

    break_trigger(dashboard().engine)
    return "trigger_diagnostics", {}


def _restore() -> None:
    """Put it right, whether or not it was broken; also when the look is left early."""
    from dashboard.demo.broken_trigger import restore_trigger

    with writing(dashboard().engine) as connection:
        restore_trigger(connection)


STOPS = (
    Stop(
        N_("An advertisement begins with a photo and a description. Make a test job: it costs nothing here."),
        N_("Make a test job"),
        _make_job,
    ),
    Stop(
        N_("This is the job, live. Each row is one of its three variants, each cell a step that it walks."),
        N_("Show a finished job"),
        _finished_job,
    ),
    Stop(
        N_("Finished ads with their scores. Words with a dotted line lead to what they mean."),
        N_("Judge pictures"),
        _judge,
    ),
    Stop(
        N_("Type a name, then judge: 1 approves, 2 asks for work, 3 rejects, Z takes back. Last, a fault."),
        N_("Break a trigger"),
        _break,
    ),
    Stop(
        N_("A trigger is off: no variant moves on. The red check names it, and what to do."),
        N_("Put it right, and end"),
        _restore,
    ),
)


def offer_guided_look(*, again: bool = False) -> None:
    """On a first visit of the demo; ``again``: whenever somebody asks for it."""
    here, place = dashboard(), st.session_state.get(_PLACE)
    if not here.demo or not here.ready or current_person().role < Role.OPERATOR:
        return
    if place is not None or (not again and (_PLACE in st.session_state or st.context.cookies.get(_COOKIE))):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="guided-look-offer"):
        st.text(_("New here? A guided look shows it in five steps, about two minutes."))
        if st.button(_("Start the guided look"), icon=":material/explore:", type="primary"):
            _move(0, ("create_jobs", {}))
        if not again and st.button(_("No, thank you"), type="tertiary"):
            st.session_state[_PLACE] = None
            st.rerun()


def draw_guided_look() -> None:
    """In the frame: the look's place and its next step."""
    if _PLACE in st.session_state:
        with st.container(key="socket-looked"):
            _seen(key="looked", data={"cookie": _COOKIE})
    place = st.session_state.get(_PLACE)
    if place is None or not dashboard().ready:
        return
    stop = STOPS[place]
    card = st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{_PLACE}-card")
    with page_errors(), card:
        st.text(f"{place + 1}/{len(STOPS)} · {_(stop.says)}")
        if st.button(_(stop.offers), key=f"look-{place}", type="primary"):
            address = stop.go()
            _move(place + 1 if address else None, address)
        if place < len(STOPS) - 1 and st.button(_("End the look"), key="look-end", type="tertiary"):
            _move(None, None)


def _move(place: int | None, address: Address | None) -> None:
    st.session_state[_PLACE] = place
    if address is None:
        st.rerun()
    page, params = address
    st.switch_page(f"pages/{page}.py", query_params=params)

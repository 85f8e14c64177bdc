"""Queue: judge one picture after the other, keys first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import named_source, variant_source
from feedly_core.permissions import Person, Role
from feedly_core.reviews.queue import Item, Queue, QueueOrder, queue
from feedly_core.reviews.tags import BUILT_IN, keep_tags, tag_words, tags
from pages.parts.review import entries
from pages.parts.review.figures import figures, judgement, said
from pages.parts.review.filters import place_of, queue_order, which_pictures
from pages.parts.review.wording import stage_words
from pages.shared.ask import ask, dashboard, fragment, page_errors
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.lightbox import opening
from pages.shared.navigation import page_href, picture_url
from pages.shared.placeholders import empty, error_card
from pages.shared.reviewer import may_judge
from pages.shared.streamlit_workarounds.scripts import KEYS, WAITING, module
from pages.shared.streamlit_workarounds.whole_run import session_name

_FOLDER = Path(__file__).parent
_HTML = (
    '<div class="head"><span class="count"></span><span class="bar"></span>'
    '<span class="state" role="status"></span><button class="keys"></button></div>'
    '<div class="stage" role="group"></div>'
)
_stage = st.components.v2.component(
    "feedly.stage",
    html=_HTML,
    css=(_FOLDER / "stage.css").read_text(encoding="utf-8"),
    js=module(WAITING, KEYS, *(_FOLDER / name for name in ("log.js", "drawing.js", "stage.js"))),
)


def show_queue(person: Person) -> None:
    """Filters, the stage, and the list of reasons for those who may change it."""
    chosen, named = which_pictures()
    with st.container(horizontal=True, vertical_alignment="center"):
        order, my_turn = QueueOrder.OLDEST, False
        if not named:
            order = queue_order(blind=bool(st.session_state.get("blind")))
            my_turn = st.toggle(
                _("My turn"), value=True, key="mine", help=_("Leaves out what you have judged already.")
            )
        blind = st.toggle(
            _("Blind"),
            key="blind",
            help=_("Shuffled; scores and variant numbers stay hidden until your verdict is in."),
        )
        fresh = st.button(_("Look again"), icon=":material/refresh:")
    asked = (person.name, chosen, order, my_turn, blind)
    kept = st.session_state.get("review-queue")
    if kept is None or kept[0] != asked or fresh:
        kept = _keep(asked, None, named=named)
    if kept[2].total.number == 0:
        empty(_("No finished picture fits."), _("Choose other filters, or wait until a job has finished."))
    else:
        fragment(_stage_part, key="stage")(person, kept[1], kept[2], blind)
        if kept[2].after is not None:
            st.button(
                _("More pictures"), key="more-pictures", on_click=_next, args=(asked, kept[2].after, named)
            )
    _edit_tags(person)


_Asked = tuple[str, PictureFilters, QueueOrder, bool, bool]


def _keep(asked: _Asked, after: str | None, *, named: bool) -> tuple[_Asked, str, Queue]:
    """Ask for a page of the queue, and keep it: the order must not change under somebody's hands."""
    name, chosen, order, my_turn, blind = asked
    now = datetime.now(UTC)
    source = ask(named_source, now) if named else ask(variant_source, now)
    found = ask(queue, source, name, chosen, order, my_turn=my_turn, after=after)
    if named and not blind:
        by_place = sorted(found.items, key=lambda item: place_of(item.picture, chosen))
        found = replace(found, items=tuple(by_place))
    kept = (asked, str(uuid4()), found)
    st.session_state["review-queue"] = kept
    return kept


def _next(asked: _Asked, after: str, named: bool) -> None:
    with page_errors():
        _keep(asked, after, named=named)


def _stage_part(person: Person, queue_id: str, shown: Queue, blind: bool) -> None:
    by_id = {str(item.picture.variant_id): item.picture for item in shown.items}

    def receive() -> None:
        entries.receive(st.session_state["stage-board"].log, person, by_id)

    problem = entries.problem()
    if problem is not None:
        error_card(problem)
    _stage(
        key="stage-board",
        data={
            "queue": queue_id,
            "session": session_name(),
            "name": person.name,
            "blind": blind,
            "may_judge": may_judge(person),
            "judged": shown.judged,
            "total": shown.total.number,
            "more": shown.total.more,
            "items": [_item(item, person) for item in shown.items],
            "tags": [{"id": tag, "label": _(tag_words(tag))} for tag in ask(tags)],
            "saved": entries.saved(),
            "refused": entries.refused(),
            "words": stage_words(),
        },
        on_log_change=receive,
    )


def _item(item: Item, person: Person) -> dict[str, object]:
    picture = item.picture
    return {
        "id": str(picture.variant_id),
        "picture_id": str(picture.picture_id),
        "picture": picture_url(picture.finished_id, "full"),
        "before": picture_url(picture.before_id, "full") if picture.before_id else None,
        "large": opening(
            picture.finished_id,
            picture.text or picture.description or "–",
            [(_("Without text"), picture.before_id)] if picture.before_id else [],
        ),
        "order": picture.variant,
        "text": picture.text,
        "description": picture.description,
        "tenant": picture.tenant_id,
        "tone": picture.tone,
        "when": moment(picture.created_at),
        "scores": figures(picture),
        "job": page_href("results", job=picture.job_id),
        "mine": judgement(item.by(person.name)),
        "said": said(item, without=person.name),
    }


def _edit_tags(person: Person) -> None:
    """One reason a line; an empty list brings the built-in one back."""
    if person.role < Role.OPERATOR or dashboard().settings.read_only:
        return
    with st.expander(_("Reasons on offer"), icon=":material/sell:"), st.form("tags", border=False):
        words = {_(tag_words(tag)): tag for tag in BUILT_IN}
        st.text_area(
            _("One reason a line"),
            value="\n".join(_(tag_words(tag)) for tag in ask(tags)),
            key="tag-lines",
            help=_("Stored verdicts keep the reasons that they named. Empty brings our own list back."),
        )
        if st.form_submit_button(_("Keep this list")):
            with page_errors():
                lines = st.session_state["tag-lines"].splitlines()
                keep_tags(
                    dashboard().engine,
                    dashboard().settings,
                    person,
                    [words.get(line.strip(), line) for line in lines],
                )
                st.rerun()

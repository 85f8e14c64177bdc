"""Compares runs: broken pictures, and both versions over each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from html import escape
from uuid import UUID

import streamlit as st
from PIL import Image

from feedly_core.analytics.choices import releases
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.recent import recent_jobs
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.domain.scores import COMPARED, SCORES
from feedly_core.errors import NotFound, PictureUnusable
from feedly_core.i18n import N_
from feedly_core.images.decoding import decode
from feedly_core.images.differences import PixelChange, outlined, pixel_change
from feedly_core.images.thumbnails import picture
from feedly_core.permissions import Person
from feedly_core.reviews.decision import RunDecision, decide_runs
from feedly_core.reviews.queue import Item
from feedly_core.reviews.runs import MOST_SHOWN, Change, Pair, PairKey, shown_pairs
from feedly_core.settings import Settings
from pages.parts.results.compare import over_each_other
from pages.parts.review.decision import show_decision
from pages.parts.review.figures import picture_score, said
from pages.shared import url_state
from pages.shared.actions import pictures_row
from pages.shared.ask import ask, dashboard, sections
from pages.shared.campaigns import campaign_names
from pages.shared.formatting import named
from pages.shared.language import _, _n
from pages.shared.lightbox import card_opener
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.not_understood import not_understood
from pages.shared.placeholders import empty
from pages.shared.scores import limits, score_title

CHANGES = {
    Change.BROKEN: ("✕", N_("Broken")),
    Change.WORSE: ("▼", N_("Worse")),
    Change.FIXED: ("●", N_("Fixed")),
    Change.BETTER: ("▲", N_("Better")),
    Change.SAME: ("=", N_("Unchanged")),
    Change.UNKNOWN: ("◇", N_("Not judged on both sides")),
}


def show_runs(person: Person) -> None:
    """Two runs, the counts, the list of one kind of change; or the one pair that the address names."""
    section(
        _("Compare runs"),
        _(
            "The same order in two runs. People's verdicts decide where both pictures have one,"
            " else the limits of the automatic scores."
        ),
    )
    chosen = _sides()
    if chosen is None:
        return
    kind, (before, first), (after, second) = chosen
    if first == second:
        empty(_("Both sides are the same run."), _("Choose another one on one side."))
        return
    source = ask(variant_source, datetime.now(UTC))
    found = ask(decide_runs, source, first, second, limits())
    if not found.pairs:
        empty(
            _("No picture has a counterpart in the other run."),
            _("Pictures meet when their job has the same description and they have the same place in it."),
        )
        return
    opened = _opened(found)
    if opened is not None:
        shown = ask(shown_pairs, source, [opened])
        if shown:
            _pair(shown[0], before, after)
            return
    sections(partial(show_decision, found, before, after, kind), partial(_list, source, found))


def _list(source: VariantSource, found: RunDecision) -> None:
    by_change = {change: found.of(change) for change in CHANGES}
    filled = [change for change in CHANGES if by_change[change]]
    change = url_state.switch(
        "change",
        _("Change"),
        filled,
        lambda one: f"{CHANGES[one][0]} {_(CHANGES[one][1])} {len(by_change[one])}",
    )
    alone = found.only_before + found.only_after
    if alone:
        st.caption(_n("{n} picture has no counterpart.", "{n} pictures have no counterpart.", alone))
    for pair in ask(shown_pairs, source, by_change[change]):
        _row(pair)
    if len(by_change[change]) > MOST_SHOWN:
        st.caption(_("The first {n} are shown, those whose look changed most on top.", n=MOST_SHOWN))


def _row(pair: Pair) -> None:
    """Both pictures small, what moved, and the way to see them large."""
    first, second = pair.before.picture, pair.after.picture
    words = escape(second.text or second.description or "–")
    facts = [
        _("Variant {n}", n=second.variant),
        f"{first.tone or '–'} → {second.tone or '–'}" if first.tone != second.tone else second.tone or "",
        _("decided by people") if pair.by_people else "",
    ]
    moved = " · ".join(_moved(pair))
    look = " · ".join(_(sentence) for sentence in pair.look.words)
    pictures = "".join(
        f"<a {card_opener(item, f'{when} · {item.text}' if item.text else when)}>"
        f"<img src='{escape(picture_url(item.finished_id), quote=True)}' alt='{escape(when, quote=True)}'"
        " width='96' height='96' loading='lazy'></a>"
        for when, item in ((_("Before"), first), (_("After"), second))
    )
    both = pictures_row([first.variant_id, second.variant_id])
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.html(
            f"<div class='fd-pair'>{pictures}<div><p>{words}</p>"
            f"<small>{escape(' · '.join(filter(None, facts)))}</small>"
            f"<small>{escape(look)}</small><small>{escape(moved)}</small>{both}</div></div>"
        )
        st.button(
            _("Open both"),
            key=f"pair-{second.variant_id}",
            on_click=_open,
            args=(_name(pair),),
            width="content",
        )


def _moved(pair: Pair) -> list[str]:
    """Each score that changed as it is written, from then to now; the arrow says better or worse."""
    found = []
    for name in COMPARED:
        old, new = _figures(pair, name)
        if old != new:
            found.append(f"{_arrow(pair, name)} {score_title(name)} {old} → {new}")
    return found


def _figures(pair: Pair, name: str) -> tuple[str, str]:
    """The score as it is written, then and now."""
    first, second = (picture_score(item.picture, name) for item in (pair.before, pair.after))
    return first, second


def _arrow(pair: Pair, name: str) -> str:
    by = pair.moved.get(name)
    if by is None:
        return "◇"
    return "▲" if (by > 0) is SCORES[name].higher_is_better else "▼"


def _pair(pair: Pair, before: str, after: str) -> None:
    shape, words = CHANGES[pair.change]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("All pairs"), icon=":material/arrow_back:", on_click=_open, args=(None,), key="pair-back")
        st.text(f"{shape} {_(words)} · {pair.after.picture.text or pair.after.picture.description or '–'}")
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        names = (_("Before: {run}", run=before), _("After: {run}", run=after))
        shown = (pair.before.picture.finished_id, pair.after.picture.finished_id)
        over_each_other("pair-compare", dict(zip(names, shown, strict=True)))
        _pixels(*shown)
    with right:
        for sentence in pair.look.words:
            st.text(_(sentence))
        st.dataframe([_scores(pair, name) for name in COMPARED], hide_index=True)
        for title, item in ((_("Before"), pair.before), (_("After"), pair.after)):
            _side(title, item)


def _pixels(before: UUID, after: UUID) -> None:
    """What the pixels say beside the data: how much differs, and where."""
    try:
        change, marked = _compared_pixels(str(before), str(after), dashboard().settings)
    except (NotFound, PictureUnusable) as error:
        st.caption(_("The pixels cannot be compared: {reason}", reason=error.message))
        return
    if not change.regions:
        st.caption(_("The pixels of both pictures are the same."))
        return
    st.image(marked, width=360)
    share = f"{100 * change.share:.0f}"
    st.caption(
        _n(
            "{share}% of the pixels differ, in {n} outlined region of the later picture.",
            "{share}% of the pixels differ, in {n} outlined regions of the later picture.",
            len(change.regions),
            share=share,
        )
    )


@st.cache_data(max_entries=50, show_spinner=False)
def _compared_pixels(before: str, after: str, _settings: Settings) -> tuple[PixelChange, Image.Image]:
    """Files are written once, under their own ids: what was compared stays so."""
    engine, most = dashboard().engine, _settings.upload_max_megapixels
    files = (picture(engine, _settings, UUID(asset), "full").content for asset in (before, after))
    one, other = (decode(content, most) for content in files)
    change = pixel_change(one, other)
    shown = other.copy()
    shown.thumbnail((720, 720))
    return change, outlined(shown, change)


def _scores(pair: Pair, name: str) -> dict[str, str]:
    old, new = _figures(pair, name)
    arrow = _arrow(pair, name)
    change = {"▲": _("▲ better"), "▼": _("▼ worse")}.get(arrow, "–") if old != new else "="
    return {_("Score"): score_title(name), _("Before"): old, _("After"): new, _("Change"): change}


def _side(title: str, item: Item) -> None:
    lines = said(item)
    st.text(title)
    for line in lines:
        st.text(f"{line['who']}: {line['words']}")
    if not lines:
        st.caption(_("No verdict"))
    href, words = page_href("results", job=item.picture.job_id), _("Open the job")
    st.html(f"<a href='{escape(href, quote=True)}' target='_self'>{escape(words)}</a>")


def _name(pair: Pair) -> str:
    return f"{pair.before.picture.variant_id}.{pair.after.picture.variant_id}"


def _opened(found: RunDecision) -> PairKey | None:
    asked = st.query_params.get("pair")
    if not asked:
        return None
    key = next((key for key in found.listed if f"{key.before_key}.{key.after_key}" == asked), None)
    if key is None:
        not_understood("pair", asked, _("All pairs"))
    return key


def _open(name: str | None) -> None:
    if name is None:
        st.query_params.pop("pair", None)
    else:
        st.query_params["pair"] = name


KINDS = {"release": N_("Releases"), "campaign": N_("Campaigns"), "job": N_("Jobs")}
_MOST_JOBS = 100


def _sides() -> tuple[str, tuple[str, PictureFilters], tuple[str, PictureFilters]] | None:
    """The kind, then name and pictures of the earlier and of the later run; None until there are two."""
    kind = url_state.switch(
        "kind", _("What is compared"), KINDS, lambda name: _(KINDS[name]), also=_forget_sides
    )
    known = _known(kind)
    if len(known) < 2:
        empty(_("There are no two of them to compare yet."), _("Choose another kind above."))
        return None
    newest, previous = list(known)[:2]
    columns = st.columns(2)
    with columns[0]:
        before = _pick("before", _("Before"), known, previous)
    with columns[1]:
        after = _pick("after", _("After"), known, newest)
    return kind, (known[before], _filters(kind, before)), (known[after], _filters(kind, after))


def _forget_sides() -> None:
    for key in ("before", "after"):
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)


def _known(kind: str) -> Mapping[str, str]:
    """Names for people by id, newest first."""
    if kind == "campaign":
        return campaign_names()
    if kind == "job":
        jobs = [job for job in ask(recent_jobs, None, _MOST_JOBS, now=datetime.now(UTC)) if job.pictures]
        return {str(job.job_id): named(job.created_at, job.job_id, job.description) for job in jobs}
    return {version: version for version in ask(releases)}


def _filters(kind: str, name: str) -> PictureFilters:
    if kind == "release":
        return PictureFilters(version=name)
    return PictureFilters(campaign=UUID(name)) if kind == "campaign" else PictureFilters(job=UUID(name))


def _pick(key: str, label: str, known: Mapping[str, str], default: str) -> str:
    return url_state.one(key, label, known, known.__getitem__, default=default)

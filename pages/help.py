"""Help: what the words mean, what each step does, keys and roles."""

from __future__ import annotations

from html import escape
from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.db.own_schema import SEARCH, installed
from feedly_core.domain.glossary import GROUPS, TERMS, Term
from feedly_core.domain.matching import matches
from feedly_core.domain.pipeline import INTAKE_STEPS, TEXT_STEPS, VARIANT_STEPS, Step
from feedly_core.i18n import N_, Message
from feedly_core.live.overview import newest_pictures
from feedly_core.permissions import ROLE_NAMES, Role
from feedly_core.results.report import job_report
from feedly_core.results.report_types import JobReport
from feedly_core.search.hits import in_each_language
from pages.shared import url_state
from pages.shared.ask import ask, sections
from pages.shared.language import _
from pages.shared.navigation import page_title, picture_url, section
from pages.shared.not_understood import not_understood
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.tour import offer_guided_look

_STYLE = (
    f"<style>{Path(__file__).with_name('shared').joinpath('help.css').read_text(encoding='utf-8')}</style>"
)

KEYS: tuple[tuple[Message, tuple[tuple[str, Message], ...]], ...] = (
    (
        N_("On every page"),
        (
            ("Ctrl + K, ⌘ + K, /", N_("Search")),
            ("↑ ↓ Enter Esc", N_("In the search: choose, open, close")),
        ),
    ),
    (
        N_("Judging"),
        (
            ("1 2 3", N_("Approve, needs work, reject")),
            ("← →", N_("Previous and next picture")),
            ("Space", N_("With and without text")),
            ("Z", N_("Undo")),
            ("H", N_("All keys of the page")),
        ),
    ),
)

ROLES: dict[Role, Message] = {
    Role.VIEWER: N_("Sees everything, and changes nothing."),
    Role.REVIEWER: N_("Also judges pictures, chooses winners and holds meetings."),
    Role.OPERATOR: N_("Also creates and removes jobs, starts campaigns, repairs and installs."),
}


def _terms() -> None:
    """The term of the address first, then all of them, or those that a word finds."""
    named = st.query_params.get("term", "")
    asked = TERMS.get(named)
    if named and asked is None:
        not_understood("term", named)
    if asked:
        st.html(f"<div class='fd-help-asked'>{_entry(asked)}</div>")
    section(_("Terms"))
    hint = _("Any part of a word, or its first consonants")
    words = url_state.written("words", _("Find a term"), placeholder=hint, icon=":material/search:")
    groups = [(title, [term for term in terms if _found(term, words)]) for title, terms in GROUPS]
    if not any(terms for _title, terms in groups):
        empty(_("No term matches"), _("Write fewer letters, or the word in the other language."))
    for title, terms in groups:
        if terms:
            body = "".join(map(_entry, terms))
            st.html(f"<h3>{escape(_(title))}</h3><dl class='fd-help-terms'>{body}</dl>")


def _found(term: Term, words: str) -> bool:
    return matches(words, (in_each_language(term.name), in_each_language(term.explanation)))


def _entry(term: Term) -> str:
    """The word in the viewer's language, with English beside it."""
    name, english = _(term.name), str(term.name)
    beside = f" <small lang='en'>{escape(english)}</small>" if name != english else ""
    return (
        f"<div id='term-{term.key}'><dt>{escape(name)}{beside}</dt>"
        f"<dd>{escape(_(term.explanation))}</dd></div>"
    )


def _steps() -> None:
    """Every step in its order, with a picture of the newest finished job where the step makes one."""
    section(
        _("Steps"), _("From the upload to the feed post; the pictures are those of the newest finished job.")
    )
    pictures = _pictures()
    for title, steps in (
        (N_("Before the variants"), INTAKE_STEPS),
        (N_("Each variant"), VARIANT_STEPS),
        (N_("After all variants"), TEXT_STEPS),
    ):
        rows = "".join(_step(step, pictures.get(step.name)) for step in steps)
        st.html(f"<h3>{escape(_(title))}</h3><ol class='fd-help-steps'>{rows}</ol>")


def _step(step: Step, picture: str | None) -> str:
    name = escape(_(step.title))
    shown = f"<img src='{picture}' alt='{name}' loading='lazy'>" if picture else "<i aria-hidden='true'></i>"
    owner = TERMS[step.owner.lower()]
    return (
        f"<li>{shown}<div><strong>{name}</strong> <small>{escape(_(owner.name))}</small>"
        f"<p>{escape(_(step.explanation))}</p></div></li>"
    )


def _pictures() -> dict[str, str]:
    """By step: what it made of the newest finished picture's job."""
    newest = next((picture for picture in ask(newest_pictures) if picture.job_id), None)
    if newest is None or newest.job_id is None:
        return {}
    return _made(newest.job_id, ask(job_report, newest.job_id))


def _made(job_id: UUID, report: JobReport) -> dict[str, str]:
    variant = next((one for one in report.variants if one.overlaid), None)
    found = {"yolo_detect": picture_url(job_id, "mask")}
    if report.input_picture:
        found["user_img_input"] = picture_url(report.input_picture.asset_id)
    if variant and variant.picture:
        found["img_gen"] = picture_url(variant.picture.asset_id)
    if variant and variant.overlaid:
        found["overlay"] = picture_url(variant.overlaid.asset_id)
    return found


def _keys() -> None:
    section(_("Keys"), _("They go by the key's place, so the Korean input method may stay on."))
    for title, keys in KEYS:
        rows = "".join(
            f"<tr><th scope='row'><kbd>{escape(key)}</kbd></th><td>{escape(_(does))}</td></tr>"
            for key, does in keys
        )
        name = escape(_(title))
        st.html(
            f"<h3>{name}</h3><table class='fd-help-keys' aria-label='{name}'><tbody>{rows}</tbody></table>"
        )


def _roles() -> None:
    person = current_person()
    section(_("Roles"), _("Yours is: {role}.", role=_(ROLE_NAMES[person.role])))
    rows = "".join(
        f"<div><dt>{escape(_(ROLE_NAMES[role]))}</dt><dd>{escape(_(may))}</dd></div>"
        for role, may in ROLES.items()
    )
    st.html(f"<dl class='fd-help-terms'>{rows}</dl>")


def _index() -> None:
    """The search index, where our schema is older than it."""
    if ask(installed) and not ask(installed, SEARCH):
        section(_("Search index"))
        has_own_schema(_("Search through all jobs instead of the newest ones."), SEARCH)


page_title("help")
st.html(_STYLE)
offer_guided_look(again=True)
sections(_terms, _steps, _keys, _roles, _index)

"""Form of a job request: the same for one job, many jobs and campaigns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from feedly_core.i18n import N_
from feedly_core.jobs.choices import Choices, ToneStyle, read_choices
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import (
    DEFAULT_TENANT,
    MAX_VARIANTS,
    AdCopy,
    JobKind,
    JobRequest,
)
from feedly_core.jobs.samples import texts_for
from pages.shared.ask import ask
from pages.shared.language import _, language

JOB_KIND_LABELS = {JobKind.FULL: N_("Full pipeline"), JobKind.YE: N_("Image generation part (YE)")}

_LEADS_TO = {
    (JobKind.FULL, True): N_(
        "The trigger fires at once: the variants start with the picture check and walk to the feed post."
    ),
    (JobKind.FULL, False): N_("The job rests with finished background pictures until somebody starts it."),
    (JobKind.YE, True): N_(
        "The image generation hears of the job and adds three variants of its own. The ones prepared here "
        "stay at the upload, so the job never counts as complete."
    ),
    (JobKind.YE, False): N_(
        "Nobody is told: an inserted row wakes no service. Move it on with “Simulate YE”, or wait until the "
        "image generation restarts and finds it."
    ),
}


def choose_kind(key: str) -> JobKind:
    """Full pipeline or YE part."""
    words = {kind: _(word) for kind, word in JOB_KIND_LABELS.items()}
    chosen = st.segmented_control(
        _("What kind of job?"),
        list(words),
        format_func=words.__getitem__,
        default=JobKind.FULL,
        required=True,
        key=f"{key}-kind",
    )
    return JobKind(chosen)


def request_form(
    key: str,
    kind: JobKind,
    pictures: tuple[Picture, ...],
    *,
    shown: Sequence[Picture] = (),
    description: bool = True,
) -> JobRequest:
    """Everything about a job but its pictures.

    Texts that fit ``shown``, else ``pictures``, stand in the fields until somebody writes. Without
    ``description`` theirs is taken.
    """
    texts = texts_for(kind, shown or pictures)
    key = f"{key}-{kind}"
    choices = ask(read_choices)
    desc_kor = texts.description
    if description:
        offer(f"{key}-description", texts.description)
        desc_kor = st.text_input(_("Description (Korean)"), key=f"{key}-description")
    left, right = st.columns(2)
    with left:
        tenant = _tenant(key, kind, choices)
        tone_style_id = _tone_style(key, choices.tone_styles)
    with right:
        store_id = _store(key, choices)
        variants = int(st.number_input(_("Number of variants"), 1, MAX_VARIANTS, 3, key=f"{key}-variants"))
    ad_copy = _ad_copy(key, texts.ad_copy) if kind is JobKind.FULL else AdCopy()
    start = _start(key, kind)
    return JobRequest(kind, tenant, pictures, desc_kor, variants, tone_style_id, store_id, ad_copy, start)


def _tenant(key: str, kind: JobKind, choices: Choices) -> str:
    default = DEFAULT_TENANT[kind]
    options = [default, *(tenant for tenant in choices.tenants if tenant != default)]
    chosen = st.selectbox(
        _("Tenant"),
        options,
        accept_new_options=True,
        help=_("Choose one or type a new one. Only tenants named test or demo can be removed later."),
        key=f"{key}-tenant",
    )
    return chosen or ""


def _tone_style(key: str, tones: tuple[ToneStyle, ...]) -> UUID | None:
    if not tones:
        st.selectbox(_("Tone and style"), [_("none in this database")], disabled=True, key=f"{key}-no-tone")
        return None
    names = _apart({tone.tone_style_id: tone_name(tone) for tone in tones})
    return st.selectbox(_("Tone and style"), list(names), format_func=names.__getitem__, key=f"{key}-tone")


def tone_name(tone: ToneStyle) -> str:
    """The name in the viewer's language, else any name there is."""
    names = (tone.kor_name, tone.eng_name) if language() == "ko" else (tone.eng_name, tone.kor_name)
    return next((name for name in (*names, tone.code) if name), str(tone.tone_style_id))


def _store(key: str, choices: Choices) -> UUID | None:
    # "" and not None: Streamlit takes None for an empty box and offers to empty it.
    titles: dict[UUID | str, str] = {"": _("no store")}
    titles |= _apart({store.store_id: store.title for store in choices.stores}).items()
    chosen = st.selectbox(_("Store"), list(titles), format_func=titles.__getitem__, key=f"{key}-store")
    return chosen if isinstance(chosen, UUID) else None


def _apart(names: dict[UUID, str]) -> dict[UUID, str]:
    """Names that several things share get the beginning of the id: a list chooses by the words."""
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    return {id_: f"{name} · {str(id_)[:8]}" if name in shared else name for id_, name in names.items()}


def offer(key: str, text: str) -> None:
    """Before the field ``key``: its text, unless somebody has written another one."""
    offered = f"{key}-offered"
    if st.session_state.get(key) in (None, st.session_state.get(offered)):
        st.session_state[key] = text
    st.session_state[offered] = text


def _ad_copy(key: str, texts: AdCopy) -> AdCopy:
    offer(f"{key}-copy-kor", texts.ad_copy_kor)
    offer(f"{key}-copy-eng", texts.ad_copy_eng)
    offer(f"{key}-copy-translated", texts.kor_to_eng)
    with st.expander(_("Ad copy"), icon=":material/edit_note:"):
        korean = st.text_input(
            _("Korean, drawn on the picture"),
            help=_("Leave it empty to draw the description."),
            key=f"{key}-copy-kor",
        )
        english = st.text_input(_("English, for the picture check and the feed"), key=f"{key}-copy-eng")
        translated = st.text_input(_("The description in English"), key=f"{key}-copy-translated")
    return AdCopy(kor_to_eng=translated, ad_copy_eng=english, ad_copy_kor=korean)


def _start(key: str, kind: JobKind) -> bool:
    label = _("Start at once") if kind is JobKind.FULL else _("Announce it to the image generation (YE)")
    start = st.toggle(label, kind is JobKind.FULL, key=f"{key}-start")
    st.caption(_(_LEADS_TO[kind, start]))
    return start

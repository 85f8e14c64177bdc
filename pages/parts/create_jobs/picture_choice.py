"""Pictures of a new job: file, system, or built-in sample."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from enum import StrEnum
from html import escape

import streamlit as st

from feedly_core.errors import FeedlyError, PictureUnusable
from feedly_core.i18n import N_, verbatim
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.thumbnails import thumbnail
from feedly_core.jobs.choices import KnownPicture, known_pictures
from feedly_core.jobs.pictures import Picture, read_picture
from feedly_core.jobs.samples import sample_pictures
from pages.shared.ask import ask, dashboard
from pages.shared.formatting import age
from pages.shared.language import _
from pages.shared.navigation import picture_url
from pages.shared.placeholders import empty, error_card


class Source(StrEnum):
    SAMPLE = "sample"
    UPLOAD = "upload"
    SYSTEM = "system"


_SOURCE_LABELS = {
    Source.SAMPLE: N_("Sample"),
    Source.UPLOAD: N_("Upload"),
    Source.SYSTEM: N_("From the system"),
}
_SAMPLE_LABELS = {
    "budae-jjigae.png": N_("Budae jjigae"),
    "coffee.png": N_("Coffee"),
    "cake.png": N_("Strawberry cake"),
}


def choose_pictures(key: str, *, several: bool) -> tuple[Picture, ...]:
    """The chosen pictures, checked.

    A problem is drawn beside its file and leaves that file out.
    """
    words = {each: _(word) for each, word in _SOURCE_LABELS.items()}
    source = st.segmented_control(
        _("Picture"),
        list(words),
        format_func=words.__getitem__,
        default=Source.SAMPLE,
        required=True,
        key=f"{key}-source",
    )
    if source == Source.UPLOAD:
        return _uploaded(key, several)
    if source == Source.SYSTEM:
        return _from_system(key, several)
    return _samples(key, several)


def show_pictures(pictures: Sequence[Picture], size: int = 96, *, labels: Sequence[str] = ()) -> None:
    """Small pictures in a row, as they will be stored.

    ``labels`` are words below them.

    They stand in the page itself: they have no asset id yet, and a file that Streamlit keeps for a run is
    gone when the next run ends, perhaps before a slow browser has fetched it.
    """
    figures = "".join(
        f'<figure style="width:{size}px"><img src="{_inline(picture.content, 2 * size)}" '
        f'alt="{escape(picture.name, quote=True)}" width="{size}">{_caption(label)}</figure>'
        for picture, label in zip(pictures, labels or [""] * len(pictures), strict=True)
    )
    if figures:
        st.html(f'<div class="fd-chosen">{figures}</div>')


def _caption(label: str) -> str:
    shown = escape(label, quote=True)
    return f'<figcaption title="{shown}">{shown}</figcaption>' if label else ""


def _uploaded(key: str, several: bool) -> tuple[Picture, ...]:
    settings = dashboard().settings
    files = st.file_uploader(
        _(
            "PNG, JPEG, WebP, HEIC or AVIF, at most {mb} MB and {megapixels} megapixels",
            mb=settings.upload_max_mb,
            megapixels=settings.upload_max_megapixels,
        ),
        accept_multiple_files=True,
        max_upload_size=settings.upload_max_mb,
        key=f"{key}-files",
    )
    chosen = files if several else files[:1]
    if len(files) > len(chosen):
        st.caption(_("Only the first picture is used here."))
    return _good([_checked(file.getvalue(), file.name) for file in chosen])


def _from_system(key: str, several: bool) -> tuple[Picture, ...]:
    known = ask(known_pictures)
    if not known:
        empty(_("There are no pictures in the system yet"), _("Upload one, or take a sample."))
        return ()
    st.caption(_("Mark a line. The file is copied, because services refuse another tenant's picture."))
    table = st.dataframe(
        {
            "picture": [picture_url(each.asset_id) for each in known],
            "tenant": [each.tenant_id for each in known],
            "age": [age(each.created_at) for each in known],
        },
        column_config={
            "picture": st.column_config.ImageColumn(_("Picture"), width="small"),
            "tenant": st.column_config.TextColumn(_("Tenant")),
            "age": st.column_config.TextColumn(_("Made")),
        },
        hide_index=True,
        row_height=64,
        height=300,
        on_select="rerun",
        selection_mode="multi-row" if several else "single-row",
        key=f"{key}-known",
    )
    return _good([_copied(known[row]) for row in table.selection.rows if row < len(known)])


def _samples(key: str, several: bool) -> tuple[Picture, ...]:
    known = {picture.name: picture for picture in sample_pictures()}
    words = {name: _(_SAMPLE_LABELS.get(name, verbatim(name))) for name in known}
    chosen = st.pills(
        _("Which dish?"),
        list(words),
        format_func=words.__getitem__,
        default=next(iter(_SAMPLE_LABELS)),
        selection_mode="multi" if several else "single",
        key=f"{key}-samples-{several}",
        label_visibility="collapsed",
    )
    names = chosen if isinstance(chosen, list) else [chosen] if chosen else []
    return tuple(known[name] for name in names)


def _good(checked: Sequence[Picture | FeedlyError]) -> tuple[Picture, ...]:
    for each in checked:
        if isinstance(each, FeedlyError):
            error_card(each)
    return tuple(each for each in checked if isinstance(each, Picture))


@st.cache_resource(max_entries=32, ttl=900, show_spinner=False)
def _checked(content: bytes, name: str) -> Picture | PictureUnusable:
    try:
        return read_picture(content, name, dashboard().settings)
    except PictureUnusable as error:
        return error


def _copied(known: KnownPicture) -> Picture | FeedlyError:
    name = known.url.rsplit("/", 1)[-1]
    content = read_asset(known.url, dashboard().settings)
    if isinstance(content, Unavailable):
        return PictureUnusable(content.reason, hint=N_("Choose another picture."))
    return _checked(content, name)


@st.cache_resource(max_entries=64, ttl=900, show_spinner=False)
def _inline(content: bytes, width: int) -> str:
    small = thumbnail(content, dashboard().settings.upload_max_megapixels, width)
    return f"data:image/webp;base64,{b64encode(small).decode()}"

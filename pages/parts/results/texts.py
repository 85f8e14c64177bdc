"""Texts of the job: as drawn, stage by stage, and as an Instagram post."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable
from feedly_core.images.contrast import parse_color
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.legibility import drawn_color
from feedly_core.results.post_crop import cuts
from feedly_core.results.report_types import CopyStage, FeedPost, JobReport, VariantReport
from feedly_core.results.texts import Mark, difference, punctuation
from pages.parts.results.widgets import difference_html, heading, image_html, note, repeated, variant_name
from pages.shared.language import _, _n
from pages.shared.placeholders import empty

STAGES: dict[str, Message] = {
    "desc_kor": N_("Description by the user"),
    "desc_eng": N_("Description in English"),
    "kor_to_eng": N_("Translated description"),
    "ad_copy_eng": N_("English copy"),
    "ad_copy_kor": N_("Text for the picture"),
    "refined_ad_copy": N_("Revised English copy"),
    "eng_to_kor": N_("Korean copy for the feed"),
}
_CHAINS = (
    (N_("English"), ("desc_eng", "kor_to_eng", "ad_copy_eng", "refined_ad_copy")),
    (N_("Korean"), ("desc_kor", "ad_copy_kor", "eng_to_kor")),
)
CUT_NEAR = 125
LONGEST_CAPTION, MOST_HASHTAGS = 2200, 30
"""Limits of Instagram; the app folds a caption near 125 characters."""


def show_texts(report: JobReport, evidence: ImageChecks) -> None:
    """Drawn text, stages, post."""
    drawn, copy, post = st.columns([1, 1.15, 1], gap="medium")
    with drawn:
        heading(_("As drawn"))
        found = [_drawn(variant) for variant in report.variants if variant.overlay]
        if not any(found):
            empty(_("No text is drawn yet"))
    with copy:
        heading(_("Advertising copy, stage by stage"))
        _copy(report)
    with post:
        heading(_("Instagram post"))
        if report.feed:
            _post(report.feed, report, evidence)
        else:
            empty(_("No post is written yet"), _("It is the last step of the pipeline."))


def _drawn(variant: VariantReport) -> bool:
    """Lines, length, line breaks, font and colours of one variant."""
    if variant.overlay is None:
        return False
    layout = variant.overlay.layout
    lines = "".join(f"<li>{escape(line)}</li>" for line in layout.lines)
    breaks = "".join(f"<li>{_line_break(mark)}</li>" for mark in punctuation(layout.lines))
    length = len(layout.text or "")
    facts = [_n("{n} character", "{n} characters", length), _n("{n} line", "{n} lines", len(layout.lines))]
    facts += [layout.font_name or _("font not recorded")]
    facts += [f"{layout.font_size} px"] if layout.font_size else []
    note(
        variant_name(variant),
        f"<ol class='fd-results-lines'>{lines}</ol>",
        f"<ul>{breaks}</ul>" if breaks else escape(_("no punctuation")),
        f"<p class='fd-results-quiet'>{escape(' · '.join(facts))}</p>",
        _colors(variant),
    )
    return True


def _line_break(mark: Mark) -> str:
    """A mark at the end of a line is a good place to break; inside a line it may be a missed one."""
    where = {"sign": mark.sign, "line": mark.line, "position": mark.position}
    if mark.ends_line:
        return "● " + escape(_("“{sign}” ends line {line}: a good break", **where))
    return "▲ " + escape(_("“{sign}” stands inside line {line}, at {position}", **where))


def _colors(variant: VariantReport) -> str:
    layout = variant.overlay.layout if variant.overlay else None
    if layout is None:
        return ""
    asked, drawn = layout.text_color, drawn_color(variant)
    items = []
    for words, color in (
        (_("requested colour"), asked),
        (_("drawn colour"), drawn),
        (_("box colour"), layout.overlay_color),
    ):
        if color:
            red, green, blue = parse_color(color)
            items.append(
                f"<span><i class='fd-results-dot' style='background:rgb({red},{green},{blue})'></i>"
                f"{escape(words)} #{escape(color)}</span>"
            )
    return f"<p class='fd-results-facts'>{''.join(items)}</p>" if items else ""


def _copy(report: JobReport) -> None:
    """Each stage after the one before of its language, with what changed; without a common word, as it is."""
    stages = {stage.stage: stage for stage in report.copies}
    known = {name: stage.text for name, stage in stages.items() if stage.text}
    known |= {
        name: text
        for name, text in (("desc_kor", report.job.desc_kor), ("desc_eng", report.job.desc_eng))
        if text
    }
    if not known:
        empty(_("No copy is written yet"))
    for language, chain in _CHAINS:
        before: str | None = None
        for name in chain:
            if name in known:
                _stage(_(STAGES[name]), _(language), known[name], before, stages.get(name))
                before = known[name]
    for name, text in known.items():
        if name not in STAGES:
            _stage(name, "", text, None, stages[name])


def _stage(title: str, language: str, text: str, before: str | None, stage: CopyStage | None) -> None:
    facts = " · ".join(filter(None, (language, repeated(stage.rows) if stage else "")))
    compared = before if before and set(before.split()) & set(text.split()) else None
    shown = difference_html(difference(compared, text, "word")) if compared else escape(text)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch"):
            note(" · ".join(filter(None, (title, facts))), f"<p>{shown}</p>")
        _copyable(text, title)


def _copyable(text: str, title: str) -> None:
    """A code block has the copy button that a text has not."""
    with st.popover("", icon=":material/content_copy:", type="tertiary", help=_("Copy")):
        st.caption(title)
        st.code(text, language=None, wrap_lines=True)


def _post(feed: FeedPost, report: JobReport, evidence: ImageChecks) -> None:
    """A card as the app shows it: picture cut to 4:5 with the grid's edges dashed, caption folded, tags."""
    variant = _posted(report)
    picture = variant.overlaid if variant else None
    shown = image_html(picture, _("Picture of the post") if picture else _("No picture"), size="view")
    name = escape(report.job.store or report.job.tenant_name or report.job.tenant_id or "–")
    begin, rest = feed.caption[:CUT_NEAR], feed.caption[CUT_NEAR:]
    folded = f"<span class='fd-results-quiet'>{escape(rest)}</span>" if rest else ""
    tags = " ".join(escape(tag) for tag in feed.hashtags)
    st.html(
        f"<article class='fd-results-post'><header><i aria-hidden='true'>◉</i> {name}</header>"
        f"<div class='fd-results-crop'>{shown}</div>"
        f"<p><strong>{name}</strong> {escape(begin)}{folded}</p>"
        f"<p class='fd-results-tags'>{tags}</p></article>"
    )
    whole = f"{feed.caption}\n\n{' '.join(feed.hashtags)}".strip()
    _limits(whole, feed)
    _crop(variant, evidence)
    _copyable(whole, _("Instagram post"))


def _posted(report: JobReport) -> VariantReport | None:
    """The chosen variant, else the first finished one."""
    finished = [variant for variant in report.variants if variant.overlaid]
    return next((variant for variant in finished if variant.selected), finished[0] if finished else None)


def _crop(variant: VariantReport | None, evidence: ImageChecks) -> None:
    """Whether the frames of the app cut the drawn text."""
    box = variant.overlay.layout.box if variant and variant.overlay else None
    file = evidence.files.get(variant.overlaid.asset_id) if variant and variant.overlaid else None
    if box is None or file is None or isinstance(file, Unavailable):
        return
    lines = []
    for cut in cuts((file.width, file.height), box):
        name, percent = _(cut.name), f"{max(1, round(100 * cut.lost))}%"
        if cut.cuts_text:
            lines.append(
                "▲ " + _("{frame}: {percent} of the text box is cut off", frame=name, percent=percent)
            )
        else:
            lines.append("● " + _("{frame}: the text is whole", frame=name))
    st.caption("  \n".join(lines))


def _limits(whole: str, feed: FeedPost) -> None:
    long, many = len(whole) > LONGEST_CAPTION, len(feed.hashtags) > MOST_HASHTAGS
    words = [
        f"{'▲' if long else '●'} " + _("{n} of {limit} characters", n=len(whole), limit=LONGEST_CAPTION),
        f"{'▲' if many else '●'} " + _("{n} of {limit} hashtags", n=len(feed.hashtags), limit=MOST_HASHTAGS),
    ]
    if len(feed.caption) > CUT_NEAR:
        words.append(_("The app shows the first {n} characters and folds the grey rest.", n=CUT_NEAR))
    st.caption("  \n".join(filter(None, (*words, repeated(feed.rows)))))

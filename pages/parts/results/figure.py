"""Plotly figure of one job: one column per variant, one row per kind of picture.

Axes count in picture widths: x from 0 to 1, y from 0 to height/width, so that pictures of different
sizes share one zoom. Pictures travel as URLs; boxes are filled lines, because shapes cannot be hovered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from feedly_core.domain.boxes import Box
from feedly_core.domain.labels import object_label
from feedly_core.domain.payloads.detections import Detection
from feedly_core.domain.payloads.planner_layout import Proposal
from feedly_core.domain.scores import Unit, written
from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable
from feedly_core.images.decoding import PictureFacts
from feedly_core.images.marks import CHOSEN, DETECTION, FORBIDDEN, OVERLAP, PROPOSAL, RGB, TEXT_BOX
from feedly_core.images.overlay_view import covered
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from pages.shared.language import _
from pages.shared.navigation import picture_url

ROWS: dict[str, Message] = {
    "input": N_("Picture without text"),
    "planner": N_("Planner"),
    "overlay": N_("Finished picture"),
}
LAYERS: dict[str, Message] = {
    "proposals": N_("Candidate boxes"),
    "chosen": N_("Chosen box"),
    "text": N_("Text box"),
    "detections": N_("Detected objects"),
    "forbidden": N_("Forbidden area"),
    "mask": N_("Forbidden mask"),
}
COLORS = {
    "proposals": PROPOSAL,
    "chosen": CHOSEN,
    "text": TEXT_BOX,
    "detections": DETECTION,
    "forbidden": FORBIDDEN,
    "mask": FORBIDDEN,
}
_WRAP = 34
_LONGEST = 6 * _WRAP
_SAME = 0.75
"""Repeated runs find one object at slightly different places: from this IoU on it is named once."""


def panel(
    row: str,
    variant: VariantReport,
    report: JobReport,
    evidence: ImageChecks,
    layers: Collection[str],
    *,
    stored: bool,
) -> Panel:
    """One picture of a variant.

    ``stored`` shows the pipeline's own drawing without marks of ours.
    """
    asset = _asset(row, variant, stored=stored)
    found = evidence.files.get(asset.asset_id) if asset else None
    file = found if isinstance(found, PictureFacts) else None
    size = (file.width, file.height) if file else None
    if asset is None or isinstance(found, Unavailable):
        stored_size = variant.picture.size if variant.picture else None
        return Panel(None, size or stored_size, missing=_missing(row, found))
    turned = file.orientation if file else 1
    marks = () if stored else tuple(mark.turned(turned) for mark in _marks(row, variant, layers))
    masks: tuple[str, ...] = ()
    if row == "planner" and not stored and "mask" in layers and report.forbidden_mask_url:
        masks = (picture_url(report.job.job_id, "mask"),)
    return Panel(picture_url(asset.asset_id, "full"), size, marks, masks)


def _asset(row: str, variant: VariantReport, *, stored: bool) -> Asset | None:
    if row == "overlay":
        return variant.overlaid
    return variant.planner_picture if row == "planner" and stored else variant.picture


def _missing(row: str, found: object) -> list[str]:
    if not isinstance(found, Unavailable):
        waiting = {
            "input": N_("There is no picture yet."),
            "planner": N_("The planner has not drawn a picture."),
            "overlay": N_("The text is not drawn yet."),
        }
        return [escape(_(waiting[row]))]
    return unavailable(found)


def unavailable(found: Unavailable) -> list[str]:
    """The lines of a placeholder: the reason, and the path that was tried."""
    tried = found.tried
    if len(tried) > _LONGEST:  # the end of a path names the file
        tried = f"…{tried[1 - _LONGEST :]}"
    lines = [tried[start : start + _WRAP] for start in range(0, len(tried), _WRAP)]
    return [f"<b>{escape(line)}</b>" for line in _folded(_(found.reason))] + [escape(line) for line in lines]


def _folded(sentence: str) -> list[str]:
    lines = [""]
    for word in sentence.split():
        if len(lines[-1]) + len(word) > _WRAP:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _marks(row: str, variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    if row == "planner":
        yield from _planner_marks(variant, layers)
    elif row == "overlay":
        yield from _overlay_marks(variant, layers)


def _planner_marks(variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    run, used = variant.planner.run, variant.planner.item
    if run is not None:
        if "forbidden" in layers and run.layout.forbidden:
            words = _("Forbidden area: the box around all detected objects")
            yield Mark(run.layout.forbidden, FORBIDDEN, escape(words), "forbidden", dash="dot")
        if "proposals" in layers:
            for item in run.layout.proposals:
                if item != used:
                    yield Mark(item.box, PROPOSAL, _proposal_words(item), "proposals", fill=0.04)
    if "detections" in layers:
        yield from _detection_marks(variant)
    if used is not None and "chosen" in layers:
        words = "★ " + escape(_("Chosen")) + f"<br>{_proposal_words(used)}"
        yield Mark(used.box, CHOSEN, words, "chosen", width=4, fill=0.12, caption=f"★ {escape(used.source)}")


def _overlay_marks(variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    box = variant.overlay.layout.box if variant.overlay else None
    used = variant.planner.item
    if "detections" in layers:
        yield from _detection_marks(variant)
    if used is not None and "chosen" in layers:
        yield Mark(used.box, CHOSEN, _proposal_words(used), "chosen", width=4)
    if box is None or "text" not in layers:
        return
    iou = "" if used is None else f"IoU {written(used.box.iou(box), Unit.SHARE)}"
    words = escape(_("Text box"))
    if iou:
        words += "<br>" + escape(_("Agreement with the chosen box")) + f": {iou}"
    yield Mark(box, TEXT_BOX, words, "text", width=3, dash="dash", fill=0.08, caption=iou)
    for thing in variant.detections.boxes:
        shared = thing.box.intersection(box)
        if shared is not None and "detections" in layers:
            percent = f"{100 * covered(thing.box, box):.0f}%"
            label = _(object_label(thing.label))
            words = _("The text covers {percent} of this object: {label}.", percent=percent, label=label)
            iou = f"IoU {written(thing.box.iou(box), Unit.SHARE)}"
            yield Mark(shared, OVERLAP, f"{escape(words)}<br>{iou}", "overlap", fill=0.4)


def _detection_marks(variant: VariantReport) -> Iterator[Mark]:
    named: list[Detection] = []
    for thing in variant.detections.boxes:
        score = "" if thing.score is None else f" {100 * thing.score:.0f}%"
        words = f"{escape(_(object_label(thing.label)))}{score}"
        again = any(thing.label == other.label and thing.box.iou(other.box) > _SAME for other in named)
        named.append(thing)
        caption = "" if again else words
        yield Mark(thing.box, DETECTION, words, "detections", dash="dash", fill=0.03, caption=caption)


def _proposal_words(item: Proposal) -> str:
    score = "–" if item.score is None else f"{item.score:.3f}"
    overlap = "–" if item.occlusion_iou is None else f"{item.occlusion_iou:.3f}"
    return "<br>".join(
        (
            f"<b>{item.index + 1} {escape(item.source)}</b>",
            escape(_("Score")) + f": {score}",
            escape(_("Overlap with forbidden areas")) + f": {overlap}",
        )
    )


_TITLE = 26
"""Height in pixels of the words above a row."""


@dataclass(frozen=True)
class Zoom:
    """The ranges that all axes show."""

    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """A box with words for the hover.

    ``group`` is the layer's name.
    """

    box: Box
    color: RGB
    words: str
    group: str
    width: int = 2
    dash: str = "solid"
    fill: float = 0.0
    caption: str = ""

    def turned(self, orientation: int) -> Mark:
        """On the picture as a browser shows it.

        Boxes are measured in the file's own pixels.
        """
        return replace(self, box=self.box.turned(orientation))


@dataclass(frozen=True)
class Panel:
    """One picture with its marks.

    ``missing`` holds the lines of a placeholder instead of ``source``.
    """

    source: str | None
    size: tuple[int, int] | None
    marks: Sequence[Mark] = ()
    layers: Sequence[str] = ()
    missing: Sequence[str] = ()
    name: str = ""

    @property
    def aspect(self) -> float:
        """Height over width; a square when the size is unknown."""
        return self.size[1] / self.size[0] if self.size else 1.0


def picture_figure(
    rows: Mapping[str, Sequence[Panel]], *, zoom: Zoom | None, panel_height: int, ink: str
) -> go.Figure:
    """A figure of rows of panels (equally long) by their titles, ``panel_height`` pixels each.

    ``zoom`` None shows the whole pictures; ``ink`` is the colour of words outside the pictures.
    """
    columns = len(next(iter(rows.values())))
    height = (panel_height + _TITLE) * len(rows)
    figure = make_subplots(
        rows=len(rows),
        cols=columns,
        horizontal_spacing=0.012,
        vertical_spacing=_TITLE / (height - _TITLE) if len(rows) > 1 else 0,
    )
    figure.update_layout(font={"color": ink})
    tallest = max(panel.aspect for row in rows.values() for panel in row)
    for row_number, (title, row) in enumerate(rows.items(), start=1):
        _title(figure, title, (row_number - 1) * columns + 1)
        for column, panel in enumerate(row, start=1):
            _draw(figure, panel, row_number, column)
    figure.update_xaxes(
        range=zoom.x if zoom else (0, 1),
        matches="x",
        constrain="domain",
        visible=False,
        autorange=False,
        showgrid=False,
    )
    figure.update_yaxes(
        range=zoom.y if zoom else (tallest, 0),
        matches="y",
        constrain="domain",
        visible=False,
        autorange=False,
        showgrid=False,
    )
    for number in range(1, len(rows) * columns + 1):
        suffix = "" if number == 1 else str(number)
        figure.layout[f"yaxis{suffix}"].scaleanchor = f"x{suffix}"
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": _TITLE, "b": 0},
        dragmode="pan",
        showlegend=False,
        hoverlabel={"align": "left"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def _title(figure: go.Figure, words: str, axis: int) -> None:
    """Words above the row that begins with this axis."""
    figure.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=figure.layout[f"yaxis{'' if axis == 1 else axis}"].domain[1],
        xanchor="left",
        yanchor="bottom",
        text=f"<b>{words}</b>",
        showarrow=False,
        font={"size": 13},
    )


def _draw(figure: go.Figure, panel: Panel, row: int, column: int) -> None:
    aspect = panel.aspect
    sources = ([panel.source] if panel.source else []) + list(panel.layers)
    for source in sources:
        figure.add_layout_image(
            source=source,
            x=0,
            y=0,
            sizex=1,
            sizey=aspect,
            xanchor="left",
            yanchor="top",
            sizing="stretch",
            layer="below",
            row=row,
            col=column,
        )
    if panel.missing:
        _placeholder(figure, panel, row, column)
    else:
        # Without a trace Plotly draws no subplot, and its picture with it.
        figure.add_trace(
            go.Scatter(x=[0, 1], y=[0, aspect], mode="none", hoverinfo="skip"), row=row, col=column
        )
    for mark in panel.marks:
        figure.add_trace(_trace(mark, aspect), row=row, col=column)
        if mark.caption:
            figure.add_annotation(
                x=mark.box.x,
                y=mark.box.y * aspect,
                text=mark.caption,
                showarrow=False,
                xanchor="left",
                yanchor="bottom",
                font={"size": 11, "color": "#101010"},
                bgcolor=_rgba(mark.color, 0.92),
                borderpad=1,
                row=row,
                col=column,
            )


def _trace(mark: Mark, aspect: float) -> go.Scatter:
    left, top, right, bottom = mark.box.x, mark.box.y * aspect, mark.box.right, mark.box.bottom * aspect
    return go.Scatter(
        x=[left, right, right, left, left],
        y=[top, top, bottom, bottom, top],
        mode="lines",
        line={"color": _rgba(mark.color, 1), "width": mark.width, "dash": mark.dash},
        fill="toself",
        fillcolor=_rgba(mark.color, mark.fill),
        hoveron="fills",
        text=mark.words,
        hoverinfo="text",
        name=mark.group,
    )


def _placeholder(figure: go.Figure, panel: Panel, row: int, column: int) -> None:
    """A dashed frame with the reason and the path that was tried."""
    aspect, grey = panel.aspect, "rgba(128,128,128,0.9)"
    figure.add_trace(
        go.Scatter(
            x=[0.02, 0.98, 0.98, 0.02, 0.02],
            y=[0.02, 0.02, aspect - 0.02, aspect - 0.02, 0.02],
            mode="lines",
            line={"color": grey, "width": 2, "dash": "dash"},
            hoverinfo="skip",
            name="missing",
        ),
        row=row,
        col=column,
    )
    figure.add_annotation(
        x=0.5,
        y=aspect / 2,
        text="<br>".join(panel.missing),
        showarrow=False,
        align="center",
        font={"size": 12},
        row=row,
        col=column,
    )


def _rgba(color: RGB, alpha: float) -> str:
    return f"rgba({color[0]},{color[1]},{color[2]},{alpha})"

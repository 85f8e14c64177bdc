"""Plotly figure of rows of pictures, one column per variant.

Axes count in picture widths: x from 0 to 1, y from 0 to height/width, so that pictures of different
sizes share one zoom. Pictures travel as URLs; boxes are filled lines, because shapes cannot be hovered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from feedly_core.domain.boxes import Box
from feedly_core.images.marks import RGB

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

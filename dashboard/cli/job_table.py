"""One job as terminal tables: steps, then the summary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Line

from dashboard.output import language
from feedly_core.domain.labels import label, remark
from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEPS
from feedly_core.domain.status import DerivedStatus, State
from feedly_core.i18n import N_, Message, translate
from feedly_core.images.assets import asset_path
from feedly_core.live.job_view import JobView, VariantView
from feedly_core.live.snapshot import HubState
from feedly_core.results.report_types import Asset, JobReport

_MARKS = {
    State.WAITING: ("○", "dim"),
    State.WORKING: ("◐", "blue"),
    State.STALLED: ("▲", "yellow"),
    State.RETRYING: ("↻", "yellow"),
    State.FAILED: ("✕", "red"),
    State.COMPLETE: ("●", "green"),
    State.UNCLEAR: ("◇", "magenta"),
}


def job_table(view: JobView, state: HubState) -> RenderableType:
    """One row per variant, one column per step.

    Below it the job in one sentence.
    """
    table = Table(title=view.facts.description or str(view.job_id), title_justify="left")
    table.add_column(_(N_("Variant")))
    for step in VARIANT_STEPS:
        table.add_column(_(step.title), justify="center")
    table.add_column(_(N_("State")))
    for variant in view.variants:
        cells = [_cell(variant, index) for index in range(len(VARIANT_STEPS))]
        table.add_row(str(variant.facts.number), *cells, _told(variant.status))
    texts = N_("Texts {done} of {all}", done=view.status.finished, all=len(TEXT_STEPS))
    line = Line(f"{view.progress:.0%} · {_(texts)} · ")
    line.append_text(_told(view.status))
    line.append(f"   [{_(state.words)}]", "dim")
    return Group(table, line)


def _cell(variant: VariantView, index: int) -> Line:
    status = variant.status
    if index < status.finished and VARIANT_STEPS[index].name in variant.facts.missing:
        return Line("–", "yellow")
    if index < status.finished:
        return Line(*_MARKS[State.COMPLETE])
    if status.place == VARIANT_STEPS[index].name:
        return Line(*_MARKS[status.state])
    return Line("")


def _told(status: DerivedStatus) -> Line:
    mark, style = _MARKS[status.state]
    beside = remark(status)
    note = f" ({_(beside)})" if beside else ""
    return Line(f"{mark} {_(label(status))}{note}", style)


def job_summary(view: JobView, report: JobReport, assets_dir: Path | None) -> Iterator[RenderableType]:
    """The old script's final report: job, pictures with their files, texts, the feed post."""
    job = report.job
    yield _fields(
        (N_("Job"), str(job.job_id)),
        (N_("Tenant"), job.tenant_id),
        (N_("State"), _(label(view.status))),
        (N_("Description"), job.desc_kor),
        (N_("English description"), job.desc_eng),
    )
    for variant in report.variants:
        yield _fields(
            (N_("Variant {number}", number=variant.order), str(variant.variant_id)),
            (N_("Planner picture"), _file(variant.planner_picture, assets_dir)),
            (N_("Finished picture"), _file(variant.overlaid, assets_dir)),
        )
    yield _fields(*((N_("Copy {stage}", stage=copy.stage), copy.text) for copy in report.copies))
    if report.feed:
        yield _fields(
            (N_("Feed post"), report.feed.caption),
            (N_("Hashtags"), " ".join(report.feed.hashtags)),
        )


def _file(asset: Asset | None, assets_dir: Path | None) -> str | None:
    """The absolute path where known, else the recorded address."""
    if asset is None:
        return None
    path = asset_path(asset.url, assets_dir) if assets_dir else None
    return str(path) if isinstance(path, Path) else asset.url


def _fields(*pairs: tuple[Message, str | None]) -> RenderableType:
    return Group(*(Line.assemble((_(name), "bold"), "  ", value or "–") for name, value in pairs), "")


def _(text: Message) -> str:
    return translate(text, language())

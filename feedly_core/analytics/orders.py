"""Orders and scores of all finished pictures of a run, for figures over whole runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Select, Text, cast, func, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import capabilities, or_null
from feedly_core.db.own_schema import campaign_jobs, campaign_pictures
from feedly_core.domain import tables as t

CHUNK = 5_000
"""So many rows are held as rows at once, however long the run is."""

_COLUMNS = 10
"""Those before the scores."""


@dataclass(frozen=True)
class RunPictures:
    """All finished pictures of a run, newest first, as columns: a line per picture.

    ``variant``, ``job`` and ``picture`` are ids as texts. ``source`` tells the uploaded picture: a campaign's
    by what the campaign was given, for it stores it anew with each job; any other by its asset. ``tone`` and
    ``store`` are ids, only compared. ``place`` is the picture's place in the job. ``scores`` by name.
    """

    variant: Sequence[str]
    job: Sequence[str]
    picture: Sequence[str]
    place: Sequence[int | None]
    source: Sequence[str | None]
    description: Sequence[str | None]
    tone: Sequence[str | None]
    store: Sequence[str | None]
    version: Sequence[str | None]
    large_text: Sequence[bool | None]
    scores: Mapping[str, Sequence[float | None]]

    def __len__(self) -> int:
        return len(self.variant)

    @property
    def asked(self) -> list[str]:
        """The picture that each order names; one without a known picture is its job's own."""
        return [source or job for source, job in zip(self.source, self.job, strict=True)]


def run_pictures(
    connection: Connection, source: VariantSource, run: PictureFilters, names: Sequence[str]
) -> RunPictures:
    """Every finished picture of ``run`` with its scores of these names.

    One statement, read in chunks of ``CHUNK`` rows.
    """
    columns: list[list[Any]] = [[] for _ in range(_COLUMNS + len(names))]
    for rows in connection.execute(_finished(connection, source, run, names)).yield_per(CHUNK).partitions():
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column += values
    fields: list[Any] = [*columns[:_COLUMNS], dict(zip(names, columns[_COLUMNS:], strict=True))]
    return RunPictures(*fields)


def _finished(
    connection: Connection, source: VariantSource, run: PictureFilters, names: Sequence[str]
) -> Select[Any]:
    rows, caps = source.rows_for(connection, run), capabilities(connection)
    jobs, inputs = t.jobs, t.job_inputs
    made = campaign_jobs.alias("made")  # the filters ask campaign_jobs by its own name
    pictures = _campaign_pictures()
    joined = (
        rows.join(jobs, jobs.c.job_id == rows.c.job_id)
        .outerjoin(inputs, inputs.c.job_id == rows.c.job_id)
        .outerjoin(made, made.c.job_id == rows.c.job_id)
        .outerjoin(
            pictures,
            (pictures.c.campaign_id == made.c.campaign_id)
            & (pictures.c.position == made.c.item % pictures.c.count),
        )
    )
    uploaded = cast(or_null(inputs.c.img_asset_id, caps), Text)
    ids: list[ColumnElement[Any]] = [
        cast(rows.c[name], Text) for name in ("job_variants_id", "job_id", "picture_id")
    ]
    return (
        select(
            *ids,
            rows.c.variant,
            func.coalesce(pictures.c.picture, uploaded),
            or_null(inputs.c.desc_kor, caps),
            cast(rows.c.tone_style_id, Text),
            cast(or_null(jobs.c.store_id, caps), Text),
            rows.c.version,
            rows.c.large_text,
            *(rows.c[name] for name in names),
        )
        .select_from(joined)
        .where(*source.conditions(rows, replace(run, finished=True)))
        .order_by(rows.c.created_at.desc(), rows.c.job_id, rows.c.variant, rows.c.job_variants_id)
    )


def _campaign_pictures() -> CTE:
    """The pictures of campaigns, told apart without reading them: by name, size and length."""
    table = campaign_pictures.c
    told = func.concat_ws("|", table.name, table.width, table.height, func.octet_length(table.content))
    count = func.count().over(partition_by=table.campaign_id)
    return select(table.campaign_id, table.position, told.label("picture"), count.label("count")).cte(
        "told_pictures"
    )

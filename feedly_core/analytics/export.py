"""The gallery's filter as a CSV, XLSX or Parquet file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from PIL import Image
from sqlalchemy import Connection, Row, select

from feedly_core.analytics.gallery import Filters, Order, conditions
from feedly_core.analytics.job_states import state_at
from feedly_core.analytics.variant_source import FactSource
from feedly_core.db.own_schema.facts import SCORE_COLUMNS, STEP_TIMES
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.spreadsheets import harmless
from feedly_core.domain.tables import image_assets, tone_styles
from feedly_core.errors import PictureUnusable
from feedly_core.images.thumbnails import picture_at
from feedly_core.settings import Settings

MOST_ROWS = 20_000
MOST_PICTURES = 300
"""Pictures in a workbook: more would make it too large to mail."""

PICTURE_PX = 96
ROW_HEIGHT_PT = 74

COLUMNS = (
    "job_id",
    "job_variants_id",
    "variant",
    "created_at",
    "tenant_id",
    "version",
    "tone",
    "state",
    "retries",
    "line",
    *SCORE_COLUMNS,
    "wcag_aa",
    "wcag_aaa",
    "on_brief",
    "occlusion",
    *STEP_TIMES,
    "tokens",
    "cost_usd",
    "picture_url",
)
"""In this order in every format; times are UTC, latencies ms, cost US dollars of the whole job."""


@dataclass(frozen=True)
class Format:
    """A file format: ``ending`` of its name and its media type."""

    ending: str
    mime: str


CSV = Format("csv", "text/csv")
XLSX = Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
PARQUET = Format("parquet", "application/vnd.apache.parquet")
FORMATS: Mapping[str, Format] = {"CSV": CSV, "XLSX": XLSX, "Parquet": PARQUET}


@query_budget(statements=1, rows=25_000)
def export(
    connection: Connection,
    source: FactSource,
    filters: Filters,
    order: Order,
    form: Format,
    settings: Settings,
) -> bytes:
    """The matching variants, at most 20,000, in the gallery's order.

    One statement.

    A text that a spreadsheet would take for a formula gets an apostrophe in CSV; XLSX stores texts as
    texts. A picture that cannot be read leaves its cell empty.
    """
    table = export_table(connection, source, filters, order)
    if form is PARQUET:
        return _parquet(table)
    if form is XLSX:
        return _workbook(table, settings)
    return table.map(harmless).to_csv(index=False).encode("utf-8-sig")


def export_table(
    connection: Connection, source: FactSource, filters: Filters, order: Order, limit: int = MOST_ROWS
) -> pd.DataFrame:
    """At most ``limit`` variants in the gallery's order.

    One row per variant, columns :data:`COLUMNS`.
    """
    rows, value = source.rows, source.rows.c[order.by]
    query = (
        select(rows, tone_styles.c.kor_name.label("tone"), image_assets.c.image_url.label("picture_url"))
        .select_from(rows)
        .outerjoin(tone_styles, tone_styles.c.tone_style_id == rows.c.tone_style_id)
        .outerjoin(image_assets, image_assets.c.image_asset_id == rows.c.picture_id)
        .where(*conditions(source, filters))
        .order_by((value.asc() if order.ascending else value.desc()).nulls_last(), rows.c.job_variants_id)
        .limit(limit)
    )
    return pd.DataFrame(
        [_plain(row, source.asked_at) for row in connection.execute(query)], columns=list(COLUMNS)
    )


def _plain(row: Row[Any], now: datetime) -> dict[str, Any]:
    values = {name: row._mapping.get(name) for name in COLUMNS}
    state = state_at(row.states, row.changes, now).value
    return values | {"state": state, "job_id": str(row.job_id), "job_variants_id": str(row.job_variants_id)}


def _parquet(table: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def _workbook(table: pd.DataFrame, settings: Settings) -> bytes:
    import xlsxwriter  # of an extra: a notebook that asks for tables does without

    file = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, {"in_memory": True, "remove_timezone": True, **as_text})
    sheet = book.add_worksheet("variants")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, ["picture", *COLUMNS], book.add_format({"bold": True}))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 14)
    for number, values in enumerate(table.itertuples(index=False), 1):
        for column, value in enumerate(values, 1):
            if not _missing(value):
                sheet.write(number, column, value, moment if hasattr(value, "isoformat") else None)
        if number <= MOST_PICTURES:
            _put_picture(sheet, number, values[-1], settings)
    sheet.autofilter(0, 1, len(table), len(COLUMNS))
    book.close()
    return file.getvalue()


def _put_picture(sheet: Any, number: int, url: object, settings: Settings) -> None:
    if not isinstance(url, str):
        return
    try:
        small = Image.open(io.BytesIO(picture_at(url, settings, "thumb").content)).convert("RGB")
    except PictureUnusable:
        return
    small.thumbnail((PICTURE_PX, PICTURE_PX))
    drawn = io.BytesIO()
    small.save(drawn, "JPEG", quality=80)
    sheet.set_row(number, ROW_HEIGHT_PT)
    sheet.insert_image(number, 0, "picture.jpg", {"image_data": drawn, "object_position": 1})


def _missing(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and value != value)

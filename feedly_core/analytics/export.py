"""The gallery's filter as a CSV, XLSX or Parquet file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from PIL import Image
from sqlalchemy import Connection, Row, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order
from feedly_core.analytics.job_states import state_at
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema.facts import SCORE_COLUMNS, STEP_TIMES
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.pipeline import title as step_title
from feedly_core.domain.scores import SCORES
from feedly_core.domain.spreadsheets import harmless
from feedly_core.domain.tables import image_assets
from feedly_core.errors import PictureUnusable
from feedly_core.i18n import N_, Message, translate
from feedly_core.images.thumbnails import picture_at
from feedly_core.settings import Settings

MOST_ROWS = 20_000
MOST_PICTURES = 300
"""Pictures in a workbook: more would make it too large to mail."""

PICTURE_PX = 96
ROW_HEIGHT_PT = 74
PICTURE_URL = "picture_url"
ADDRESSES = ("job_address", "picture_address")

HEADINGS: Mapping[str, Message] = {
    "job_id": N_("Job"),
    "job_variants_id": N_("Variant id"),
    "variant": N_("Variant"),
    "created_at": N_("Made"),
    "tenant_id": N_("Tenant"),
    "version": N_("Release"),
    "tone": N_("Tone"),
    "state": N_("State"),
    "retries": N_("Automatic repeats"),
    "line": N_("Copy"),
    **{name: SCORES[name].title for name in SCORE_COLUMNS},
    "contrast_state": N_("Contrast measured"),
    "wcag_aa": N_("Contrast passes WCAG AA"),
    "wcag_aaa": N_("Contrast passes WCAG AAA"),
    "on_brief": N_("Fits the order"),
    "occlusion": N_("Something is covered"),
    **{name: step_title(name.removesuffix("_ms")) for name in STEP_TIMES},
    "tokens": N_("Tokens"),
    "cost_usd": N_("Cost (USD)"),
    "job_address": N_("Address of the job"),
    "picture_address": N_("Address of the picture"),
}
"""Heading of each column, in this order in every format; latencies are ms, cost is that of the whole job."""

COLUMNS = tuple(HEADINGS)
"""Identifiers of the columns: the headings of Parquet, and in brackets behind the words of CSV and XLSX."""


@dataclass(frozen=True)
class Reader:
    """Who opens the file: ``language``, the ``zone`` of the times, ``address`` of the dashboard for links."""

    language: str
    zone: ZoneInfo
    address: str = ""

    def heading(self, name: str) -> str:
        words = translate(HEADINGS[name], self.language)
        zone = f", {self.zone.key}" if name == "created_at" else ""
        return f"{words}{zone} ({name})"


@dataclass(frozen=True)
class Format:
    """A file format: ``ending`` of its name, and media type."""

    ending: str
    mime: str


CSV = Format("csv", "text/csv")
XLSX = Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
PARQUET = Format("parquet", "application/vnd.apache.parquet")
FORMATS: Mapping[str, Format] = {"CSV": CSV, "XLSX": XLSX, "Parquet": PARQUET}


@query_budget(statements=1, rows=25_000)
def export(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    order: Order,
    form: Format,
    settings: Settings,
    reader: Reader | None = None,
) -> bytes:
    """The matching variants, at most 20,000, in the gallery's order.

    One statement.

    Times are in the reader's zone, which the heading names. A text that a spreadsheet would take for a
    formula gets an apostrophe in CSV; XLSX stores texts as texts. A picture that cannot be read leaves its
    cell empty.
    """
    reader = reader or Reader("en", settings.zone)
    table = export_table(connection, source, filters, order, reader)
    if form is PARQUET:
        return _parquet(table.drop(columns=PICTURE_URL))
    if form is XLSX:
        return _workbook(table, settings, reader)
    table = table.drop(columns=PICTURE_URL).map(harmless)
    table["created_at"] = [value.isoformat(sep=" ", timespec="seconds") for value in table["created_at"]]
    return table.rename(columns=reader.heading).to_csv(index=False).encode("utf-8-sig")


def export_table(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    order: Order,
    reader: Reader,
    limit: int = MOST_ROWS,
) -> pd.DataFrame:
    """At most ``limit`` variants in the gallery's order.

    One row per variant, columns :data:`COLUMNS`; the stored address of the picture comes last.
    """
    rows = source.rows_for(connection, filters)
    value = rows.c[order.by]
    query = (
        select(rows, image_assets.c.image_url.label(PICTURE_URL))
        .select_from(rows)
        .outerjoin(image_assets, image_assets.c.image_asset_id == rows.c.picture_id)
        .where(*source.conditions(rows, filters))
        .order_by((value.asc() if order.ascending else value.desc()).nulls_last(), rows.c.job_variants_id)
        .limit(limit)
    )
    found = [_plain(row, source.asked_at, reader) for row in connection.execute(query)]
    return pd.DataFrame(found, columns=[*COLUMNS, PICTURE_URL])


def _plain(row: Row[Any], now: datetime, reader: Reader) -> dict[str, Any]:
    """Texts instead of ids, the time in the reader's zone, addresses that lead to this dashboard."""
    values = dict(row._mapping)
    picture = values["picture_id"]
    return values | {
        "state": state_at(row.states, row.changes, now).value,
        "job_id": str(values["job_id"]),
        "job_variants_id": str(values["job_variants_id"]),
        "created_at": values["created_at"].astimezone(reader.zone),
        "job_address": f"{reader.address}/results?job={values['job_id']}",
        "picture_address": f"{reader.address}/img/full/{picture}" if picture else None,
    }


def _parquet(table: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def _workbook(table: pd.DataFrame, settings: Settings, reader: Reader) -> bytes:
    import xlsxwriter  # of an extra: a notebook that asks for tables does without

    file = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    # The zone is taken off after the times were turned to it: a workbook's times have none.
    book = xlsxwriter.Workbook(file, {"in_memory": True, "remove_timezone": True, **as_text})
    sheet = book.add_worksheet("variants")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    heads = [translate(N_("Picture"), reader.language), *map(reader.heading, COLUMNS)]
    sheet.write_row(0, 0, heads, book.add_format({"bold": True, "text_wrap": True}))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 14)
    sheet.set_column(COLUMNS.index("created_at") + 1, COLUMNS.index("created_at") + 1, 20)
    for number, values in enumerate(table[list(COLUMNS)].itertuples(index=False), 1):
        for column, (name, value) in enumerate(zip(COLUMNS, values, strict=True), 1):
            if _missing(value):
                continue
            if name in ADDRESSES and reader.address:
                sheet.write_url(number, column, value, string=value)
            else:
                sheet.write(number, column, value, moment if hasattr(value, "isoformat") else None)
        if number <= MOST_PICTURES:
            _put_picture(sheet, number, table[PICTURE_URL].iloc[number - 1], settings)
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

"""Gallery, trends and export: the same answers from the read model and from the source rows."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, insert, update

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.export import CSV, PARQUET, XLSX, Reader, export
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import (
    SORTS,
    Card,
    Order,
    cards_of,
    count_matches,
    gallery_page,
    histogram,
)
from feedly_core.analytics.gallery_groups import GroupBy, grouped, tones, tones_named
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.trends import By, compare, trend
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import reviews
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.domain import tables as t
from feedly_core.domain.matching import MOST_WORDS
from feedly_core.domain.scores import ContrastState
from feedly_core.errors import InvalidInput
from feedly_core.settings import Settings, load_settings
from tests.conftest import MakeTemplate
from tests.factories import MadeJob, make_job

SEOUL = ZoneInfo("Asia/Seoul")


KINDS = {
    "ocr": ("ocr_accuracy", "ocr_confidence", "character_match_rate", "word_match_rate"),
    "readability": ("contrast_ratio", "readability_score"),
    "iou": ("iou_with_food",),
}


def scored(connection: Connection, overlay_id: UUID | None, **scores: float) -> None:
    """A newer evaluation of each kind, made of ``scores``."""
    for kind, names in KINDS.items():
        connection.execute(
            insert(t.evaluations).values(
                overlay_id=overlay_id,
                evaluation_type=kind,
                metrics={name: scores[name] for name in names},
                created_at=datetime.now(UTC) + timedelta(minutes=5),
            )
        )


def seven_jobs(engine: Engine) -> list[MadeJob]:
    """Seven jobs of two tenants with different scores, one of them without any."""
    now = datetime.now(UTC) - timedelta(hours=2)
    found = [
        make_job(
            engine,
            variants=2,
            tenant_id=f"shop_{number % 2}",
            desc_kor=f"국물 요리 {number}번",
            created_at=now - timedelta(hours=number),
        )
        for number in range(6)
    ]
    found.append(make_job(engine, step="planner", status="failed", variants=[("planner", "failed")]))
    with writing(engine) as connection:
        for number, job in enumerate(found[:6]):
            for place, overlay_id in enumerate(job.overlay_ids):
                share = (2 * number + place) / 12
                known = {name: share for names in KINDS.values() for name in names}
                scored(connection, overlay_id, **(known | {"contrast_ratio": 1 + 20 * share}))
    return found


def drawn(engine: Engine, made: list[MadeJob]) -> None:
    """Contrasts as they would be measured on the pictures of the first six jobs."""
    rows = [
        {
            "job_variants_id": variant_id,
            "picture_id": picture_id,
            "state": ContrastState.MEASURED,
            "contrast": 2.0 + number + place / 2,
            "contrast_worst": 1.0 + number + place / 2,
            "readability": None,
            "tries": 1,
            "measured_at": datetime.now(UTC),
        }
        for number, job in enumerate(made[:6])
        for place, (variant_id, picture_id) in enumerate(zip(job.variant_ids, job.overlaid_ids, strict=True))
    ]
    with writing(engine) as connection:
        connection.execute(insert(own_schema.picture_contrast), rows)


READ_MODEL, SOURCE_ROWS = "read model", "source rows"


@pytest.fixture(scope="module")
def stored(make_template: MakeTemplate, feedly_template: str) -> tuple[dict[str, str], list[MadeJob]]:
    """Templates by what answers the questions, and the jobs in them."""
    made: list[MadeJob] = []

    def fill(engine: Engine) -> None:
        own_schema.install(engine)
        drawn(engine, made)
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))

    rows = make_template("gallery_rows", feedly_template, lambda engine: made.extend(seven_jobs(engine)))
    return {SOURCE_ROWS: rows, READ_MODEL: make_template("gallery_facts", rows, fill)}, made


@pytest.fixture(params=[READ_MODEL, SOURCE_ROWS])
def asked(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def template(stored: tuple[dict[str, str], list[MadeJob]], asked: str) -> str:
    return stored[0][asked]


@pytest.fixture
def made(stored: tuple[dict[str, str], list[MadeJob]]) -> list[MadeJob]:
    return stored[1]


@pytest.fixture(scope="module")
def shared(
    postgres: EmbeddedPostgres, stored: tuple[dict[str, str], list[MadeJob]]
) -> Iterator[dict[str, Engine]]:
    """Engines for tests that only read, by what answers the questions."""
    engines = {
        asked: make_engine(load_settings(DATABASE_URL=postgres.create_database(f"{name}_read", name)))
        for asked, name in stored[0].items()
    }
    yield engines
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def connection(shared: dict[str, Engine], asked: str) -> Iterator[Connection]:
    with reading(shared[asked]) as connection:
        yield connection


@pytest.fixture
def source(connection: Connection, asked: str) -> VariantSource:
    found = variant_source(connection, datetime.now(UTC))
    assert (found.bounded_to is None) == (asked == READ_MODEL)
    return found


def everything(
    connection: Connection, source: VariantSource, filters: PictureFilters, order: Order
) -> list[Card]:
    """All cards, a page of three after the other."""
    cards: list[Card] = []
    after = None
    while True:
        page = gallery_page(connection, source, filters, order, after, size=3)
        cards += page.cards
        after = page.after
        if after is None:
            return cards


@pytest.mark.parametrize("by", SORTS)
@pytest.mark.parametrize("ascending", [True, False])
def test_pages_hold_every_variant_once_in_order(
    connection: Connection, source: VariantSource, by: str, ascending: bool
) -> None:
    cards = everything(connection, source, PictureFilters(), Order(by, ascending))
    assert len(cards) == len({card.variant_id for card in cards}) == 13
    values = [card.created_at if by == "created_at" else card.scores[by] for card in cards]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=not ascending)
    measured = by not in ("contrast", "contrast_worst") or source.bounded_to is None
    assert len(known) >= 12 if measured else not known, "drawn letters are known from the read model only"
    assert values == known + [None] * (len(values) - len(known)), "variants without the score come last"


def test_filters_hold_together(connection: Connection, source: VariantSource, made: list[MadeJob]) -> None:
    ranges = {"ocr_accuracy": (0.3, 0.8), "iou_with_food": (0.0, 0.7)}
    filters = PictureFilters(tenant="shop_0", outcome="complete", ranges=ranges)
    cards = everything(connection, source, filters, Order())
    assert cards
    for card in cards:
        assert card.tenant_id == "shop_0"
        accuracy, iou = card.scores["ocr_accuracy"], card.scores["iou_with_food"]
        assert accuracy is not None and 0.3 <= accuracy <= 0.8
        assert iou is not None and iou <= 0.7
    assert count_matches(connection, source, filters).number == len(cards)
    for size in (1, len(cards), len(cards) + 1):
        first = gallery_page(connection, source, filters, Order(), None, size)
        assert count_matches(connection, source, filters, first).number == len(cards)


def test_words_match_the_beginnings_of_words(connection: Connection, source: VariantSource) -> None:
    assert len(everything(connection, source, PictureFilters(words="국물 요리 3"), Order())) == 2
    assert everything(connection, source, PictureFilters(words="없는단어"), Order()) == []
    typed_on_a_mac = unicodedata.normalize("NFD", "국물 '); & | <-> 요리 3")
    assert len(everything(connection, source, PictureFilters(words=typed_on_a_mac), Order())) == 2
    for words in ("'); & | ! <->", "👩‍👩‍👧", "국 " * (MOST_WORDS + 1)):
        with pytest.raises(InvalidInput):
            everything(connection, source, PictureFilters(words=words), Order())


def test_the_histogram_counts_each_known_score(connection: Connection, source: VariantSource) -> None:
    for name in SCORE_COLUMNS:
        known = [
            card
            for card in everything(connection, source, PictureFilters(), Order())
            if card.scores[name] is not None
        ]
        assert sum(histogram(connection, source, PictureFilters(), name)) == len(known)


def test_named_variants_keep_their_order(
    connection: Connection, source: VariantSource, made: list[MadeJob]
) -> None:
    wanted = [made[3].variant_ids[1], made[0].variant_ids[0]]
    assert [card.variant_id for card in cards_of(connection, source, wanted)] == wanted


@pytest.mark.parametrize("mark", ["x", "1_2", "_", "abc_00000000-0000-0000-0000-000000000000"])
def test_a_broken_mark_says_so(connection: Connection, source: VariantSource, mark: str) -> None:
    with pytest.raises(InvalidInput):
        gallery_page(connection, source, PictureFilters(), Order("contrast"), mark)


def test_trends_count_jobs_not_variants(connection: Connection, source: VariantSource) -> None:
    points = trend(connection, source, PictureFilters(), By.DAY, SEOUL)
    assert sum(point.jobs for point in points) == 7
    assert [point.key for point in points] == sorted(point.key for point in points)
    whole = trend(connection, source, PictureFilters(), By.RELEASE, SEOUL)
    assert sum(point.jobs for point in whole) == 7
    complete = sum(point.jobs * (point.complete or 0) for point in whole)
    assert complete == pytest.approx(6)
    assert whole[0].scores["ocr_accuracy"].median == pytest.approx(5.5 / 12)


def test_two_sides_are_compared(connection: Connection, source: VariantSource) -> None:
    found = {
        item.name: item
        for item in compare(
            connection, source, PictureFilters(tenant="shop_0"), PictureFilters(tenant="shop_1")
        )
    }
    assert (found["jobs"].first, found["jobs"].second) == (3, 3)
    assert found["ocr_accuracy"].first == pytest.approx(4.5 / 12)


def read_lines(content: bytes) -> list[dict[str, str]]:
    """The lines of a CSV file by the identifiers in the brackets of its headings."""
    head, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    names = [name.rpartition("(")[2].rstrip(")") for name in head]
    return [dict(zip(names, line, strict=True)) for line in lines]


def test_a_file_says_times_in_the_shown_zone_and_leads_back(
    engine: Engine, source: VariantSource, settings: Settings, made: list[MadeJob]
) -> None:
    reader = Reader("ko", SEOUL, "https://ads.example/dash")
    with reading(engine) as connection:
        files = {
            form: export(connection, source, PictureFilters(), Order(), form, settings, reader)
            for form in (CSV, XLSX)
        }
        page = gallery_page(connection, source, PictureFilters(), Order())
    newest = page.cards[0]
    head = files[CSV].decode("utf-8-sig").splitlines()[0]
    assert "만든 때, Asia/Seoul (created_at)" in head and "OCR 정확도 (ocr_accuracy)" in head
    line = next(line for line in read_lines(files[CSV]) if line["job_variants_id"] == str(newest.variant_id))
    local = newest.created_at.astimezone(SEOUL)
    assert line["created_at"] == local.isoformat(sep=" ", timespec="seconds")
    assert line["created_at"].endswith("+09:00")
    assert line["job_address"] == f"https://ads.example/dash/results?job={newest.job_id}"
    with_picture = next(line for line in read_lines(files[CSV]) if line["picture_address"])
    assert with_picture["picture_address"].startswith("https://ads.example/dash/img/full/")
    sheet = pd.read_excel(io.BytesIO(files[XLSX]), engine="calamine")
    written = sheet.set_index("시안 ID (job_variants_id)").loc[str(newest.variant_id)]
    assert abs(written["만든 때, Asia/Seoul (created_at)"] - local.replace(tzinfo=None)).total_seconds() < 1


def test_exports_open_again(
    engine: Engine, source: VariantSource, settings: Settings, made: list[MadeJob]
) -> None:
    with writing(engine) as connection:
        connection.execute(
            update(t.txt_ad_copy_generations)
            .where(t.txt_ad_copy_generations.c.job_id == made[0].job_id)
            .values(ad_copy_kor="=HYPERLINK(1)")
        )
    if source.bounded_to is None:
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    with reading(engine) as connection:
        files = {
            form: export(connection, source, PictureFilters(), Order(), form, settings)
            for form in (CSV, XLSX, PARQUET)
        }
    lines = read_lines(files[CSV])
    assert len(lines) == 13
    assert sum(line["line"] == "'=HYPERLINK(1)" for line in lines) == 2
    table = pd.read_parquet(io.BytesIO(files[PARQUET]))
    assert (table["line"] == "=HYPERLINK(1)").sum() == 2
    assert table["contrast_stored"].max() == pytest.approx(1 + 20 * 11 / 12)
    assert table["overall"].max() == pytest.approx((11 / 12 + 1) / 3)
    assert set(SCORE_COLUMNS) <= set(lines[0])
    with zipfile.ZipFile(io.BytesIO(files[XLSX])) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=HYPERLINK(1)" in texts


@pytest.mark.parametrize("asked", [READ_MODEL])
def test_the_newest_verdict_filters(engine: Engine, made: list[MadeJob]) -> None:
    variant = made[0].variant_ids[0]
    with writing(engine) as connection:
        for verdict in ("approve", "reject"):
            connection.execute(
                insert(reviews).values(
                    entry_id=UUID(int=len(verdict)),
                    job_id=made[0].job_id,
                    job_variants_id=variant,
                    picture_asset_id=made[0].picture_ids[0],
                    reviewer="여름",
                    verdict=verdict,
                )
            )
    with reading(engine) as connection:
        now = variant_source(connection, datetime.now(UTC))
        rejected = everything(connection, now, PictureFilters(verdict="reject"), Order())
        approved = everything(connection, now, PictureFilters(verdict="approve"), Order())
    assert [card.variant_id for card in rejected] == [variant]
    assert approved == []


def test_tones_filter_by_name(connection: Connection, source: VariantSource) -> None:
    cards = everything(connection, source, PictureFilters(), Order())
    named = tones(connection, cards)
    (name,) = {tone.korean for tone in named.values()}
    assert name is not None
    ids = tones_named(connection, name)
    assert len(everything(connection, source, PictureFilters(tones=ids), Order())) == len(cards)
    assert (
        everything(connection, source, PictureFilters(tones=tones_named(connection, "없는 톤")), Order())
        == []
    )


@pytest.mark.parametrize(("by", "keys"), [("job", 7), ("tenant", 3), ("tone", 7)])
def test_groups_keep_every_card_in_its_order(
    connection: Connection, source: VariantSource, by: str, keys: int
) -> None:
    cards = everything(connection, source, PictureFilters(), Order("contrast_stored"))
    groups = grouped(cards, GroupBy(by))
    assert len(groups) == len({group.key for group in groups}) == keys
    places = {card.variant_id: place for place, card in enumerate(cards)}
    assert sorted(places[card.variant_id] for group in groups for card in group.cards) == list(range(13))
    for group in groups:
        mine = [places[card.variant_id] for card in group.cards]
        assert mine == sorted(mine)
    firsts = [places[group.cards[0].variant_id] for group in groups]
    assert firsts == sorted(firsts)
    named = tones(connection, cards)
    assert set(named) == {card.tone_style_id for card in cards if card.tone_style_id}

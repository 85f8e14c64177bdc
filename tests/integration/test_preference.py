"""Taps on a real PostgreSQL: every one is kept, and a known preference is found."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from sqlalchemy import Engine, select, text, update

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import review_taps
from feedly_core.domain.tables import overlay_layouts
from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.reviews.preference import preference_report
from feedly_core.reviews.taps import Attribute, keep_tap, taps
from feedly_core.settings import Settings
from tests.factories import make_job

JIYOUNG, VIEWER = Person("지영", Role.REVIEWER), Person("손님", Role.VIEWER)
FONTS = ("Gmarket Sans", "Nanum Pen")
pytestmark = pytest.mark.usefixtures("our_schema")


def test_a_known_preference_and_the_side_are_told_apart(engine: Engine, settings: Settings) -> None:
    """People tap the left picture, unless the right one has the better font: half of the pairs each way."""
    rng, rows = Random(5), []
    with writing(engine) as connection:
        for number in range(30):
            job = make_job(connection, variants=2)
            for variant, font, top in zip(job.variant_ids, FONTS, (0.05, 0.7), strict=True):
                connection.execute(
                    update(overlay_layouts)
                    .where(overlay_layouts.c.job_variants_id == variant)
                    .values(layout={"text": "국", "font_name": font, "text_color": "ff0000"}, y_ratio=top)
                )
            better_left = number % 2 == 0
            wins = better_left or rng.random() < 0.6  # the side helps the worse one when it stands left
            winner, loser = job.variant_ids if wins else job.variant_ids[::-1]
            left = better_left if wins else not better_left
            rows.append({"job_id": job.job_id, "winner_id": winner, "loser_id": loser, "winner_left": left})
        connection.execute(review_taps.insert(), [row | {"person": "지영"} for row in rows])
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    with reading(engine) as connection:
        given = taps(connection, variant_source(connection, datetime.now(UTC)), PictureFilters())
    assert len(given) == 30
    found = preference_report(given, Attribute.FONT)
    first, second = found.people.levels
    assert (first.name, found.compared) == (FONTS[0], 30)
    assert first.wins.interval is not None
    assert first.wins.interval.low > 0.5
    assert found.differs(first.name)
    assert found.better_than(first.name) == (second.name,)
    assert (found.people.left_wins.value or 0) > 0.5, "the bias of the side is measured beside it"
    places = {level.name for level in preference_report(given, Attribute.PLACE).people.levels}
    assert places == {"top", "bottom"}
    colours = preference_report(given, Attribute.COLOUR)
    assert [level.name for level in colours.people.levels] == ["#FF0000"]
    assert colours.compared == 0
    assert preference_report(given, Attribute.TONE).compared == 0, "variants of a job share its tone"


def test_a_tap_is_kept_with_side_and_person(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    pair = job.variant_ids[:2]
    with pytest.raises(PermissionDenied):
        keep_tap(engine, settings, VIEWER, job.job_id, *pair, left=True, blind=False)
    for _twice in range(2):
        assert keep_tap(engine, settings, JIYOUNG, job.job_id, *pair, left=False, blind=True)
    with reading(engine) as connection:
        rows = connection.execute(select(review_taps)).all()
    kept = [(row.winner_id, row.loser_id, row.winner_left, row.blind, row.person) for row in rows]
    assert kept == [(*pair, False, True, "지영")] * 2, "nothing is overwritten"


def test_without_the_table_choosing_goes_on(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE feedly_dashboard.review_taps"))
    assert not keep_tap(engine, settings, JIYOUNG, job.job_id, *job.variant_ids[:2], left=True, blind=False)
    with reading(engine) as connection:
        assert taps(connection, variant_source(connection, datetime.now(UTC)), PictureFilters()) == ()

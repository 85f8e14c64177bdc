"""Verdicts, winners and meetings on a real PostgreSQL: nobody's word is lost, nothing of FeedlyAI's moves."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, delete, insert, text

from feedly_core.analytics.choices import choices
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import campaign_jobs, campaigns
from feedly_core.domain.tables import jobs_variants
from feedly_core.errors import InvalidInput, MissingInSchema, PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.queue import Queue, QueueOrder
from feedly_core.reviews.queue import queue as queue_of
from feedly_core.reviews.tags import BUILT_IN, keep_tags, tags
from feedly_core.reviews.verdicts import Entry, Mark, Verdict, history, save, stored_verdicts
from feedly_core.reviews.winners import choose, winners
from feedly_core.reviews.winners import history as choices_made
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.plan_guard import counted, rows_scanned

WRITERS, EACH, AT_ONCE = 20, 100, 10
STATEMENTS_UNFILLED = 9
"""Where the read model is not filled: the newest jobs, their states, their rows."""

ROWS_PER_QUEUE = 25_000
"""Scanned in 3,000 jobs, mostly overlays and evaluations, which have no index by variant."""
JIYOUNG, MINHO = Person("지영", Role.REVIEWER), Person("민호", Role.REVIEWER)
BOSS = Person("수진", Role.OPERATOR)

pytestmark = pytest.mark.usefixtures("our_schema")


def queue(connection: Connection, name: str, *rest: Any, **more: Any) -> Queue:
    return queue_of(connection, variant_source(connection, datetime.now(UTC)), name, *rest, **more)


def entry(job: MadeJob, number: int, verdict: Verdict = Verdict.APPROVE, **more: object) -> Entry:
    picture = job.overlaid_ids[number]
    assert picture is not None
    return Entry(uuid4(), job.job_id, job.variant_ids[number], picture, verdict, **more)  # type: ignore[arg-type]


def verdicts_on(engine: Engine, variant: UUID) -> dict[str, Verdict]:
    with reading(engine) as connection:
        return {
            said.reviewer: said.verdict for said in stored_verdicts(connection, [variant]).get(variant, ())
        }


def test_twenty_people_judge_at_once_and_every_word_is_kept(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    given: dict[str, list[Entry]] = {
        f"사람 {writer}": [
            entry(job, number % 3, list(Verdict)[number % 3], comment=f"{writer}-{number}")
            for number in range(EACH)
        ]
        for writer in range(WRITERS)
    }
    together = threading.Barrier(WRITERS)
    another = make_engine(settings)  # two dashboards: with ten connections each, nobody is turned away

    def write(name: str) -> None:
        mine = another if list(given).index(name) % 2 else engine
        together.wait(30)
        for start in range(0, EACH, AT_ONCE):
            save(mine, settings, Person(name, Role.REVIEWER), given[name][start : start + AT_ONCE])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, given))
    another.dispose()
    with reading(engine) as connection:
        kept = history(connection, job.job_id)
        newest = stored_verdicts(connection, job.variant_ids)
    assert len(kept) == WRITERS * EACH == 2000
    assert {said.entry_id for said in kept} == {e.entry_id for all_of in given.values() for e in all_of}
    assert Counter(said.reviewer for said in kept) == dict.fromkeys(given, EACH)
    for variant in job.variant_ids:
        mine = {said.reviewer: said.comment for said in newest[variant]}
        for name, entries in given.items():
            last = [e for e in entries if e.variant_id == variant][-1]
            assert mine[name] == last.comment, "a person's last word counts"


def test_sending_twice_writes_once(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    once = entry(job, 0, comment="한 번만")
    assert save(engine, settings, JIYOUNG, [once, once]) == (once.entry_id, once.entry_id)
    save(engine, settings, JIYOUNG, [replace(once, comment="다른 말")])
    with reading(engine) as connection:
        (kept,) = history(connection, job.job_id)
    assert kept.comment == "한 번만"


def test_a_verdict_keeps_reasons_comment_and_marks(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    marks = (Mark(0.25, 0.5, note="여기"), Mark(0.1, 0.1, 0.3, 0.2, "상자"))
    given = entry(job, 1, Verdict.REJECT, tags=("low_contrast", "기타 사유"), comment="'; --", marks=marks)
    save(engine, settings, JIYOUNG, [given])
    with reading(engine) as connection:
        (kept,) = stored_verdicts(connection, [given.variant_id])[given.variant_id]
    assert (kept.verdict, kept.tags, kept.comment, kept.marks) == (
        Verdict.REJECT,
        ("low_contrast", "기타 사유"),
        "'; --",
        marks,
    )


def test_undo_brings_back_what_was_said_before(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    first, second = entry(job, 0, comment="처음"), entry(job, 0, Verdict.REJECT)
    save(engine, settings, JIYOUNG, [first, second])
    save(engine, settings, MINHO, [entry(job, 0, Verdict.NEEDS_WORK)])
    undo = entry(job, 0, Verdict.WITHDRAWN, undoes=second.entry_id)
    save(engine, settings, JIYOUNG, [undo, undo])
    variant = job.variant_ids[0]
    assert verdicts_on(engine, variant) == {"지영": Verdict.APPROVE, "민호": Verdict.NEEDS_WORK}
    save(engine, settings, JIYOUNG, [entry(job, 0, Verdict.WITHDRAWN, undoes=first.entry_id)])
    assert verdicts_on(engine, variant) == {"민호": Verdict.NEEDS_WORK}
    with reading(engine) as connection:
        assert len(history(connection, job.job_id)) == 5, "nothing is ever deleted"


def test_nobody_undoes_another_persons_verdict(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    theirs = entry(job, 0)
    save(engine, settings, MINHO, [theirs])
    save(engine, settings, JIYOUNG, [entry(job, 0, Verdict.WITHDRAWN, undoes=theirs.entry_id)])
    assert verdicts_on(engine, job.variant_ids[0]) == {"민호": Verdict.APPROVE}


def test_a_bad_entry_writes_nothing_of_its_batch(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    good = entry(job, 0)
    for bad in (
        entry(job, 1, marks=(Mark(0.9, 0.9, 0.3, 0.3),)),
        entry(job, 1, comment="가" * 2001),
        entry(job, 1, tags=tuple("가나다라마바사아자차카타파")),
    ):
        with pytest.raises(InvalidInput):
            save(engine, settings, JIYOUNG, [good, bad])
    with pytest.raises(InvalidInput):
        save(engine, settings, Person("  ", Role.REVIEWER), [good])
    with pytest.raises(PermissionDenied):
        save(engine, settings, Person("손님", Role.VIEWER), [good])
    assert verdicts_on(engine, job.variant_ids[0]) == {}


def test_a_new_picture_of_the_variant_needs_a_new_verdict(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    save(engine, settings, JIYOUNG, [replace(entry(job, 0), picture_id=uuid4())])
    with reading(engine) as connection:
        assert len(queue(connection, "지영", PictureFilters()).items) == 3


def test_the_queue_is_in_order_and_leaves_out_my_own(engine: Engine, settings: Settings) -> None:
    now = datetime.now(UTC)
    old = make_job(engine, created_at=now - timedelta(days=9), tenant_id="old")
    new = make_job(engine, created_at=now - timedelta(hours=1), tenant_id="new")
    make_job(engine, variants=[("planner", "done")], tenant_id="unfinished")
    _spoil(engine, old, 2, readability=0.0)
    save(engine, settings, JIYOUNG, [entry(old, 0)])
    save(engine, settings, MINHO, [entry(old, 0, Verdict.REJECT), entry(new, 0)])
    with reading(engine) as connection:
        mine = queue(connection, "지영", PictureFilters(), QueueOrder.WORST)
        assert (mine.judged, mine.total.number, len(mine.items)) == (1, 6, 5)
        assert mine.items[0].picture.variant_id == old.variant_ids[2]
        everything = queue(connection, "지영", PictureFilters(), QueueOrder.OLDEST, my_turn=False)
        assert everything.items[-1].picture.variant_id in new.variant_ids
        disputed = queue(connection, "지영", PictureFilters(), QueueOrder.DISPUTED, my_turn=False)
        assert [item.disputed for item in disputed.items][:2] == [True, False]
        assert queue(connection, "민호", PictureFilters(tenant="new")).total.number == 3
        assert queue(connection, "민호", PictureFilters(since=now - timedelta(days=1))).total.number == 3
        assert (
            queue(connection, "민호", PictureFilters(tones=tones_named(connection, "없음"))).total.number == 0
        )
        assert (
            queue(connection, "민호", PictureFilters(tones=tones_named(connection, "따뜻한"))).total.number
            == 6
        )
        assert queue(connection, "민호", PictureFilters(until=now - timedelta(days=1))).total.number == 3


def test_a_campaigns_pictures_are_a_queue_of_their_own(engine: Engine, settings: Settings) -> None:
    inside, campaign_id = make_job(engine), uuid4()
    make_job(engine)
    with writing(engine) as connection:
        connection.execute(
            insert(campaigns).values(
                campaign_id=campaign_id,
                kind="full",
                mode="once",
                template={},
                interval_s=1,
                on_failure="stop",
                state="done",
                created_by="수진",
            )
        )
        connection.execute(
            insert(campaign_jobs).values(campaign_id=campaign_id, sequence=1, item=0, job_id=inside.job_id)
        )
    with reading(engine) as connection:
        found = queue(connection, "지영", PictureFilters(campaign=campaign_id))
        assert {item.picture.job_id for item in found.items} == {inside.job_id}
        assert queue(connection, "지영", PictureFilters(campaign=uuid4())).total.number == 0


def _spoil(engine: Engine, job: MadeJob, number: int, readability: float) -> None:
    with writing(engine) as connection:
        connection.execute(
            text(
                "UPDATE evaluations SET metrics = jsonb_set(metrics, '{readability_score}', :score)"
                " WHERE overlay_id = :overlay AND evaluation_type = 'readability'"
            ),
            {"score": str(readability), "overlay": job.overlay_ids[number]},
        )


def test_the_queue_costs_the_same_few_statements_however_long_it_is(filled_engine: Engine) -> None:
    with filled_engine.connect() as connection:
        connection.execute(own_schema.facts_state.delete())  # as before the first rebuild
        newest = variant_source(connection, datetime.now(UTC))
        assert newest.bounded_to is not None
        connection.rollback()
    with reading(filled_engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        assert source.bounded_to is None
    wanted = (PictureFilters(), PictureFilters(tenant="nobody"))
    for filters, (asked, most) in product(wanted, ((source, 4), (newest, 4 + STATEMENTS_UNFILLED))):
        with reading(filled_engine) as connection:
            with counted(filled_engine) as statements:
                queue_of(connection, asked, "지영", filters)
            if asked is newest:
                # On 3,000 jobs reading a small table whole can be cheaper; the indexes must still suffice.
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            scanned = rows_scanned(connection, statements)
        assert len(statements) <= most
        assert sum(scanned.values()) < ROWS_PER_QUEUE, scanned


def test_winners_of_people_and_team_stand_side_by_side(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    before = _variants(engine)
    choose(engine, settings, JIYOUNG, job.job_id, job.variant_ids[0])
    choose(engine, settings, MINHO, job.job_id, job.variant_ids[1])
    choose(engine, settings, BOSS, job.job_id, job.variant_ids[2], team=True)
    choose(engine, settings, JIYOUNG, job.job_id, job.variant_ids[1])
    with reading(engine) as connection:
        winner = winners(connection, [job.job_id])[job.job_id]
        assert {choice.person: choice.variant_id for choice in winner.people} == {
            "지영": job.variant_ids[1],
            "민호": job.variant_ids[1],
        }
        assert not winner.disputed
        assert winner.team is not None
        assert (winner.team.person, winner.team.variant_id) == ("수진", job.variant_ids[2])
        assert len(choices_made(connection, job.job_id)) == 4
    choose(engine, settings, MINHO, job.job_id, None)
    with reading(engine) as connection:
        assert [c.person for c in winners(connection, [job.job_id])[job.job_id].people] == ["지영"]
    assert _variants(engine) == before, "jobs_variants.selected would run the text steps again"


def _variants(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT * FROM jobs_variants ORDER BY job_variants_id")))


def test_the_filters_offer_the_tenants_and_tones_that_there_are(engine: Engine) -> None:
    jobs = [make_job(engine) for _ in range(2)]
    with reading(engine) as connection:
        names = list(connection.scalars(text("SELECT DISTINCT kor_name FROM tone_styles ORDER BY 1")))
        assert choices(connection) == ((jobs[0].tenant_id,), tuple(names))


def test_reasons_are_built_in_until_the_team_keeps_its_own(engine: Engine, settings: Settings) -> None:
    with pytest.raises(PermissionDenied):
        keep_tags(engine, settings, JIYOUNG, ["새 사유"])
    with pytest.raises(InvalidInput):
        keep_tags(engine, settings, BOSS, [str(number) for number in range(13)])
    for wanted, kept in (([" 로고 ", "로고", "other"], ("로고", "other")), ([], tuple(BUILT_IN))):
        assert keep_tags(engine, settings, BOSS, wanted) == kept
        with reading(engine) as connection:
            assert tags(connection) == kept
    with reading(engine) as connection:
        done = connection.scalars(text("SELECT action FROM feedly_dashboard.audit_log")).all()
    assert done == ["keep_tags", "keep_tags"]


def test_a_deleted_variant_leaves_its_verdicts_readable(engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    save(engine, settings, JIYOUNG, [entry(job, 0)])
    with writing(engine) as connection:
        connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        for table in ("evaluations", "overlay_layouts", "vlm_traces"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(delete(jobs_variants))
    with reading(engine) as connection:
        assert queue(connection, "지영", PictureFilters()).total.number == 0
        assert len(history(connection, job.job_id)) == 1


class TestWithoutOurSchema:
    """Overrides the module's mark: here the schema is dropped again."""

    def test_it_is_said_and_nothing_is_written(self, engine: Engine, settings: Settings) -> None:
        job = make_job(engine)
        own_schema.remove(engine)
        with pytest.raises(MissingInSchema):
            save(engine, settings, JIYOUNG, [entry(job, 0)])
        with pytest.raises(MissingInSchema):
            choose(engine, settings, JIYOUNG, job.job_id, job.variant_ids[0])
        with pytest.raises(MissingInSchema):
            meetings.start(engine, settings, JIYOUNG, "", [job.variant_ids[0]])
        with reading(engine) as connection:
            assert tags(connection) == tuple(BUILT_IN)
            with pytest.raises(MissingInSchema):
                queue(connection, "지영", PictureFilters())

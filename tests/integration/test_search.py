"""Search over a real database: what is found, where, by whom, and what the index costs to keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import review_meetings, reviews, search_documents
from feedly_core.domain import tables as t
from feedly_core.domain.status import State
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role
from feedly_core.search.find import BOUNDED_JOBS, search
from feedly_core.search.hits import Found, HitKind, Place
from feedly_core.search.index import fill, refresh, search_freshness, sweep
from tests.factories import MadeJob, make_job

HANA, JUN = Person("hana", Role.REVIEWER), Person("jun", Role.REVIEWER)
DIAGNOSTICS = Place(HitKind.PAGE, "trigger_diagnostics", N_("Diagnostics"), N_("Fixes"))


def now() -> datetime:
    return datetime.now(UTC)


def found(engine: Engine, query: str, person: Person = HANA) -> Found:
    with reading(engine) as connection:
        return search(connection, query, person.name, now=now(), places=(DIAGNOSTICS,))


def jobs(answer: Found) -> list[UUID | None]:
    return [hit.job_id for hit in answer.hits if hit.kind is HitKind.JOB]


def describe(engine: Engine, job: MadeJob, description: str) -> None:
    with writing(engine) as connection:
        inputs = t.job_inputs
        connection.execute(update(inputs).where(inputs.c.job_id == job.job_id).values(desc_kor=description))


@pytest.fixture
def stew(engine: Engine) -> MadeJob:
    """A complete job about a stew, beside two others."""
    job = make_job(engine, desc_kor="매운 김치찌개 한 그릇")
    for other in ("수제 피자", "바삭한 치킨"):
        make_job(engine, desc_kor=other)
    with writing(engine) as connection:
        connection.execute(
            insert(t.txt_ad_copy_generations).values(
                job_id=job.job_id, generation_stage="refined_ad_copy", refined_ad_copy_eng="A Hearty Stew!"
            )
        )
        connection.execute(
            insert(t.instagram_feeds).values(
                job_id=job.job_id,
                tenant_id="tenant",
                refined_ad_copy_eng="",
                tone_style="",
                product_description="",
                gpt_prompt="",
                instagram_ad_copy="비 오는 날엔 역시 이 맛",
                hashtags="#짜글이골목",
                created_at=now() + timedelta(minutes=1),
            )
        )
    return job


QUERIES = {
    "찌개": "description",
    "ㄱㅊㅉㄱ": "description",
    "hearty stew": "copy_en",
    "오는 날": "feed",
    "글이골목": "hashtags",
}


@pytest.mark.parametrize("indexed", [False, True])
def test_a_job_is_found_by_each_of_its_texts(engine: Engine, stew: MadeJob, indexed: bool) -> None:
    if indexed:
        own_schema.install(engine)
        fill(engine, now=now(), chunk=2)
    for query, field in QUERIES.items():
        answer = found(engine, query)
        assert jobs(answer) == [stew.job_id], query
        assert answer.bounded_to == (None if indexed else BOUNDED_JOBS)
        (hit,) = (hit for hit in answer.hits if hit.kind is HitKind.JOB)
        assert hit.field == field
        assert "".join(hit.passage.text[slice(*mark)] for mark in hit.passage.marks)
        assert hit.status is not None and hit.status.state is State.COMPLETE
        assert hit.picture_id is not None
    assert jobs(found(engine, str(stew.job_id)[:9])) == [stew.job_id]
    assert not jobs(found(engine, "찌개 피자"))
    assert [hit.key for hit in found(engine, "ㅂ진단").hits] == []
    assert [hit.key for hit in found(engine, "diagnos").hits] == ["trigger_diagnostics"]


@pytest.mark.usefixtures("our_schema")
def test_the_index_follows_its_jobs(engine: Engine, stew: MadeJob) -> None:
    fill(engine, now=now())
    describe(engine, stew, "시원한 냉면")
    assert not jobs(found(engine, "냉면")), "nothing says that an old row was changed"
    sweep(engine, None, now=now())
    assert jobs(found(engine, "냉면")) == [stew.job_id]
    later = make_job(engine, desc_kor="얼큰한 짬뽕")
    refresh(engine, now=now())
    assert jobs(found(engine, "짬뽕")) == [later.job_id]
    with writing(engine) as connection:
        for table in (t.jobs_variants, t.job_inputs):
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(delete(table).where(table.c.job_id == later.job_id))
        connection.execute(delete(t.jobs).where(t.jobs.c.job_id == later.job_id))
    assert not jobs(found(engine, "짬뽕")), "a job that is gone is no hit, whatever the index says"
    sweep(engine, None, now=now())
    with reading(engine) as connection:
        assert later.job_id not in connection.scalars(select(search_documents.c.job_id)).all()


@pytest.mark.usefixtures("our_schema")
def test_a_filling_goes_on_where_it_ended(engine: Engine, stew: MadeJob) -> None:
    class StopsAfterOne:
        calls = 0

        def is_set(self) -> bool:
            self.calls += 1
            return self.calls > 1

    assert fill(engine, now=now(), chunk=1, stop=StopsAfterOne()) == 1  # type: ignore[arg-type]
    assert found(engine, "없는 말").complete is False
    assert fill(engine, now=now(), chunk=1) == 2
    with reading(engine) as connection:
        known = search_freshness(connection)
    assert known is not None and known.complete
    assert refresh(engine, now=now()) >= 3
    assert fill(engine, now=now()) == 0, "what is the same is not written again"


@pytest.fixture
def comment(engine: Engine, our_schema: None, stew: MadeJob) -> Callable[..., None]:
    def write(person: Person, words: str, *, blind: bool = False, team: bool = False) -> None:
        with writing(engine) as connection:
            connection.execute(
                insert(reviews).values(
                    entry_id=uuid4(),
                    job_id=stew.job_id,
                    job_variants_id=stew.variant_ids[0],
                    picture_asset_id=uuid4(),
                    reviewer=person.name,
                    verdict="reject",
                    comment=words,
                    blind=blind,
                    team=team,
                )
            )
        refresh(engine, now=now())

    return write


def comments(engine: Engine, query: str, person: Person) -> int:
    return sum(hit.kind is HitKind.COMMENT for hit in found(engine, query, person).hits)


def test_a_comment_stays_hidden_where_it_would_tell(
    engine: Engine, stew: MadeJob, comment: Callable[..., None]
) -> None:
    fill(engine, now=now())
    comment(JUN, "글자가 흐려요")
    assert comments(engine, "흐려", HANA) == 1
    comment(JUN, "글자가 작아요", blind=True)
    assert comments(engine, "흐려", JUN) == 0, "only the word that holds is found"
    assert comments(engine, "작아", JUN) == 1
    assert comments(engine, "작아", HANA) == 0
    comment(HANA, "저는 좋아요")
    assert comments(engine, "작아", HANA) == 1, "who has judged may read the others"
    with writing(engine) as connection:
        connection.execute(
            insert(review_meetings).values(
                meeting_id=uuid4(), title="주간 회의", presenter="hana", agenda=[stew.variant_ids[0]]
            )
        )
    mina = Person("mina", Role.REVIEWER)
    assert comments(engine, "좋아", mina) == 0, "a meeting about it is running"
    comment(HANA, "팀 결정: 좋아요", team=True)
    assert comments(engine, "좋아", mina) == 1
    assert [hit.kind for hit in found(engine, "주간 회의", mina).hits] == [HitKind.MEETING]


@pytest.mark.usefixtures("our_schema")
def test_no_query_is_an_error(engine: Engine, stew: MadeJob) -> None:
    fill(engine, now=now())
    for query in (
        "",
        " ",
        "%",
        "'; DROP",
        "\x00",
        "\ud800",
        "ㄱ",
        "a",
        "🍲",
        "a" * 5000,
        "\\",
        "ㅋㅋㅋ",
        "0000",
    ):
        found(engine, query)


@pytest.mark.usefixtures("our_schema")
def test_the_gallery_finds_as_the_search_does(engine: Engine, stew: MadeJob) -> None:
    rebuild(engine, lambda done, total: None, now=now())
    with reading(engine) as connection:
        without = variant_source(connection, now())
    assert not without.indexed
    fill(engine, now=now())
    with reading(engine) as connection:
        source = variant_source(connection, now())
        for query in (*QUERIES, ""):
            page = gallery_page(connection, source, PictureFilters(words=query), Order())
            assert {card.job_id for card in page.cards} == ({stew.job_id} if query else _all(connection)), (
                query
            )


def _all(connection: Connection) -> set[UUID]:
    return set(connection.scalars(select(t.jobs.c.job_id)))

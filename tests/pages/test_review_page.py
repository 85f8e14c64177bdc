"""The review page without a browser: what it says in each state, and what its buttons write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.golden_sets.runs import newest_runs
from feedly_core.golden_sets.sets import save_version
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.run_plans import keep_plan
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.reviews.winners import choose, winners
from feedly_core.settings import Settings, load_settings
from tests.database_url import database_url_of
from tests.factories import MadeJob, make_job
from tests.golden_sets import golden_orders, made_run
from tests.pages.conftest import OpenPage, words_of

JIYOUNG, MINHO = Person("지영", Role.REVIEWER), Person("민호", Role.REVIEWER)


def named(app: AppTest, name: str = "지영") -> AppTest:
    app.text_input(key="reviewer-typed").input(name)
    app.button[[button.label for button in app.button].index("Continue")].click().run()
    assert not app.exception
    return app


def judge(engine: Engine, settings: Settings, person: Person, job: MadeJob, *verdicts: Verdict) -> None:
    save(
        engine,
        settings,
        person,
        [
            Entry(uuid4(), job.job_id, variant, picture, verdict)
            for variant, picture, verdict in zip(job.variant_ids, job.overlaid_ids, verdicts, strict=False)
            if picture is not None
        ],
    )


def test_without_our_schema_an_operator_installs_it(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("review")
    assert "no place for verdicts yet" in words_of(app)
    app.button(key="install-own-schema").click().run()
    with reading(engine) as connection:
        assert own_schema.installed(connection)
    assert "Continue" in words_of(app)


def test_a_read_only_dashboard_offers_nothing_to_write(
    open_app: Callable[..., OpenPage], settings: Settings
) -> None:
    url = database_url_of(settings)
    app = open_app(load_settings(DATABASE_URL=url, FEEDLY_HOME=settings.home, FEEDLY_READ_ONLY="1"))("review")
    assert "Ask an operator to install it." in words_of(app)
    assert not app.button


@pytest.mark.parametrize(
    "view",
    ["judge", "winner", "meeting", "runs", "release", "agreement", "rounds", "preference", "minutes"],
)
@pytest.mark.usefixtures("our_schema")
def test_read_only_shows_every_view_and_no_button_that_writes(
    open_app: Callable[..., OpenPage], engine: Engine, settings: Settings, view: str
) -> None:
    job = make_job(engine)
    meetings.start(engine, settings, JIYOUNG, "", job.variant_ids)
    url = database_url_of(settings)
    app = open_app(load_settings(DATABASE_URL=url, FEEDLY_HOME=settings.home, FEEDLY_READ_ONLY="1"))(
        "review", view=view
    )
    assert not app.exception
    assert "you can look, not judge" in words_of(app)
    looking = {"Look again", "Follow", "Previous job", "Next job"}
    assert {button.label for button in app.button} <= looking


@pytest.mark.usefixtures("our_schema")
def test_an_empty_queue_says_what_would_fill_it(open_page: OpenPage) -> None:
    app = named(open_page("review"))
    assert "No finished picture fits." in words_of(app)


@pytest.mark.usefixtures("our_schema")
def test_the_queue_counts_what_i_have_judged(open_page: OpenPage, engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    judge(engine, settings, JIYOUNG, job, Verdict.APPROVE)
    app = named(open_page("review"))
    kept = app.session_state["review-queue"][2]
    assert (kept.judged, kept.total.number, len(kept.items)) == (1, 3, 2)
    app.toggle(key="mine").set_value(False).run()
    assert len(app.session_state["review-queue"][2].items) == 3


@pytest.mark.parametrize(
    ("query", "total"),
    [({"tenant": "old"}, 3), ({"days": 7}, 3), ({"tenant": "none", "tone": "따뜻한"}, 6)],
)
@pytest.mark.usefixtures("our_schema")
def test_the_queues_filters_come_from_the_address(
    open_page: OpenPage, engine: Engine, query: dict[str, object], total: int
) -> None:
    make_job(engine, tenant_id="old", created_at=datetime.now(UTC) - timedelta(days=20))
    make_job(engine, tenant_id="new")
    app = named(open_page("review", **query))
    assert app.session_state["review-queue"][2].total.number == total


@pytest.mark.usefixtures("our_schema")
def test_a_winner_is_chosen_and_the_team_decides_beside_it(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    job = make_job(engine)
    with reading(engine) as connection:
        before = connection.execute(text("SELECT updated_at, selected FROM jobs_variants")).all()
    app = named(open_page("review", view="winner"))
    app.button(key="choose-1").click().run()
    app.button(key=f"team-{job.variant_ids[2]}").click().run()
    assert not app.exception
    with reading(engine) as connection:
        made = winners(connection, [job.job_id])[job.job_id]
        after = connection.execute(text("SELECT updated_at, selected FROM jobs_variants")).all()
    assert [(choice.person, choice.variant_id) for choice in made.people] == [("지영", job.variant_ids[1])]
    assert made.team is not None
    assert (made.team.person, made.team.variant_id) == ("지영", job.variant_ids[2])
    assert after == before, "an UPDATE of a variant would run the text steps again"
    said = words_of(app)
    assert "Winner of the team" in said
    assert "지영 for the team: Variant 3" in said


@pytest.mark.usefixtures("our_schema")
def test_blind_choosing_hides_scores_and_names_until_chosen(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine)
    app = open_page("review", view="winner")
    app = named(app)
    app.toggle(key="blind-winner").set_value(True).run()
    assert "Overall score" not in words_of(app)
    assert "Variant 1" not in words_of(app)
    app.button(key="choose-0").click().run()
    assert "Overall score" in words_of(app)
    app.button(key="choose-none").click().run()
    assert "Overall score" not in words_of(app), "taken back: blind again"


@pytest.mark.usefixtures("our_schema")
def test_blind_choosing_shuffles_the_variants_by_person(open_page: OpenPage, engine: Engine) -> None:
    jobs = [make_job(engine) for _ in range(6)]
    app = named(open_page("review", view="winner"))
    app.toggle(key="blind-winner").set_value(True).run()
    straight = 0
    for _ in jobs:
        shown = words_of(app)
        straight += any(_in_order(shown, [str(picture) for picture in job.overlaid_ids]) for job in jobs)
        app.button(key="job-after").click().run()
    assert straight < len(jobs), "the place would tell the number"


def _in_order(shown: str, pictures: list[str]) -> bool:
    places = [shown.find(picture) for picture in pictures]
    return -1 not in places and places == sorted(places)


@pytest.mark.usefixtures("our_schema")
def test_pairs_end_in_a_choice(open_page: OpenPage, engine: Engine) -> None:
    job = make_job(engine)
    app = named(open_page("review", view="winner"))
    app.toggle(key="pairs").set_value(True).run()
    app.button(key="better-1").click().run()
    app.button(key="better-0").click().run()
    with reading(engine) as connection:
        (choice,) = winners(connection, [job.job_id])[job.job_id].people
        taps = connection.execute(
            text("SELECT winner_id, loser_id, winner_left FROM feedly_dashboard.review_taps ORDER BY tap_id")
        ).all()
    assert choice.variant_id == job.variant_ids[1]
    first, second, third = job.variant_ids
    assert [tuple(tap) for tap in taps] == [(second, first, False), (second, third, True)]
    app = named(open_page("review", view="preference"))
    assert "No tap compares two different ones yet." in words_of(app)


@pytest.mark.usefixtures("our_schema")
def test_a_meeting_is_started_from_the_filters_and_its_minutes_are_offered(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    make_job(engine)
    app = named(open_page("review", view="meeting"))
    app.button(key="start-meeting").click().run()
    assert not app.exception
    with reading(engine) as connection:
        (meeting,) = meetings.recent(connection)
    assert (meeting.presenter, len(meeting.agenda)) == ("지영", 3)
    assert app.query_params["meeting"] == str(meeting.meeting_id)
    app = named(open_page("review", view="minutes"))
    assert "No verdict" in words_of(app)
    assert r"Present\: 지영" in words_of(app), "who opened the screen was there"
    assert len(app.get("download_button")) == 3
    assert app.query_params["held"] == str(meeting.meeting_id), "its link means this meeting tomorrow too"


@pytest.mark.usefixtures("our_schema")
def test_an_address_names_the_pictures_to_judge_collect_and_choose_from(
    open_page: OpenPage, engine: Engine
) -> None:
    """Whatever the filters say, and before the read model knows the job."""
    other, mine = make_job(engine), make_job(engine)
    app = named(open_page("review", job=str(mine.job_id)[:12]))
    shown = [item.picture.variant_id for item in app.session_state["review-queue"][2].items]
    assert shown == list(mine.variant_ids) and not app.expander[0].label.startswith("Which pictures")
    app.button(key="all-pictures").click().run()
    shown = [item.picture.variant_id for item in app.session_state["review-queue"][2].items]
    assert set(shown) == {*mine.variant_ids, *other.variant_ids} and "job" not in app.query_params
    picked = [other.variant_ids[1], mine.variant_ids[0]]
    app = named(open_page("review", variants=".".join(map(str, picked)) + ".nonsense"))
    shown = [item.picture.variant_id for item in app.session_state["review-queue"][2].items]
    assert shown == picked, "in the order in which they were named"
    app = named(open_page("review", view="winner", job=other.job_id))
    app.button(key="choose-1").click().run()
    with reading(engine) as connection:
        assert winners(connection, [other.job_id])[other.job_id].people[0].variant_id == other.variant_ids[1]
    app = named(open_page("review", view="meeting", add=mine.variant_ids[2]))
    assert app.button(key="start-meeting").label == "Start with 1 picture" and "add" not in app.query_params


@pytest.mark.usefixtures("our_schema")
def test_an_unknown_meeting_in_the_address_is_explained(open_page: OpenPage) -> None:
    for wrong in (str(uuid4()), "nonsense"):
        app = named(open_page("review", view="meeting", meeting=wrong))
        assert "There is no such meeting." in words_of(app)


@pytest.mark.usefixtures("our_schema")
def test_the_team_keeps_its_own_reasons(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine)
    app = named(open_page("review"))
    app.text_area(key="tag-lines").input("로고가 작음\nLow contrast")
    app.button[[button.label for button in app.button].index("Keep this list")].click().run()
    assert not app.exception
    with reading(engine) as connection:
        kept = connection.scalars(
            text("SELECT tag FROM feedly_dashboard.review_tags ORDER BY position")
        ).all()
    assert kept == ["로고가 작음", "low_contrast"]


@pytest.mark.usefixtures("our_schema")
def test_two_runs_are_compared_and_a_pair_is_opened_by_its_link(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    old, new = make_job(engine), make_job(engine)
    judge(engine, settings, JIYOUNG, old, Verdict.APPROVE, Verdict.REJECT)
    judge(engine, settings, JIYOUNG, new, Verdict.REJECT, Verdict.APPROVE)
    asked = {"view": "runs", "kind": "job", "before": old.job_id, "after": new.job_id}
    app = named(open_page("review", **asked))
    assert app.session_state["change"] == "broken"
    assert str(new.overlaid_ids[0]) in words_of(app)
    assert str(new.overlaid_ids[1]) not in words_of(app)
    app.button(key=f"pair-{new.variant_ids[0]}").click().run()
    assert app.query_params["pair"] == f"{old.variant_ids[0]}.{new.variant_ids[0]}"
    assert "지영: Approve" in words_of(app)
    assert "지영: Reject" in words_of(app)
    assert app.dataframe[0].value["Before"].tolist() == app.dataframe[0].value["After"].tolist()
    again = named(open_page("review", **asked, pair=app.query_params["pair"]))
    assert "✕ Broken" in words_of(again), "the link opens the same pair"


@pytest.mark.usefixtures("our_schema")
def test_what_broke_is_counted_and_the_changed_scores_are_marked(open_page: OpenPage, engine: Engine) -> None:
    old, new = make_job(engine), make_job(engine)
    with writing(engine) as connection:
        for job, accuracy in ((old, 0.95), (new, 0.1)):
            connection.execute(
                text(
                    "UPDATE evaluations SET metrics = jsonb_set(metrics, '{ocr_accuracy}', :value)"
                    " WHERE evaluation_type = 'ocr' AND overlay_id = ANY(:overlays)"
                ),
                {"value": str(accuracy), "overlays": list(job.overlay_ids)},
            )
    app = named(open_page("review", view="runs", kind="job", before=old.job_id, after=new.job_id))
    assert "✕ Broken 3" in app.get_by_key("change").proto.options[0].content
    opened = [button for button in app.button if button.label == "Open both"]
    assert len(opened) == 3
    opened[0].click().run()
    marked = app.dataframe[0].value.set_index("Score")["Change"]
    assert marked["OCR accuracy"] == "▼ worse"
    assert marked["Stored contrast"] == "="
    before, after = app.query_params["pair"].split(".")
    place = [str(variant) for variant in new.variant_ids].index(after)
    assert before == str(old.variant_ids[place]), "the same place of both runs"


@pytest.mark.usefixtures("our_schema")
def test_the_head_says_in_one_sentence_whether_it_is_decided_and_what_to_measure(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    """Seven orders of which one broke: not decided, said with n, the difference, and a plan to measure."""
    with writing(engine) as connection:
        for version in ("2.0", "2.1"):
            for number in range(7):
                job = make_job(engine, desc_kor=f"주문 {number}")
                said = {"version": version, "job": job.job_id, "overlays": list(job.overlay_ids)}
                connection.execute(text("UPDATE jobs SET version = :version WHERE job_id = :job"), said)
                accuracy = 0.1 if (version, number) == ("2.1", 0) else 0.95
                connection.execute(
                    text(
                        "UPDATE evaluations SET metrics = jsonb_set(metrics, '{ocr_accuracy}', :accuracy)"
                        " WHERE evaluation_type = 'ocr' AND overlay_id = ANY(:overlays)"
                    ),
                    said | {"accuracy": str(accuracy)},
                )
    app = named(open_page("review", view="runs", kind="release", before="2.0", after="2.1"))
    said_now = words_of(app)
    assert "Not decided. 2.1 passes 86%" in said_now
    assert "the difference −14 points [" in said_now
    assert "more orders would decide it" in said_now
    assert "21 pairs of pictures of 7 orders" in said_now
    assert "not decided. Intervals are over orders" in said_now, "the rule stands on the page"
    assert app.button(key="measure").label == "Measure it"
    keep_plan(
        *(engine, settings, Person("boss", Role.OPERATOR), ("release", "2.0"), ("release", "2.1")),
        orders=60,
        compared=7,
    )
    app.run()
    assert "0 of 60 planned orders are there (boss fixed the number before)" in words_of(app)
    table = app.dataframe[0].value.set_index("Score")
    assert table.loc["OCR accuracy", "Fell"] == 3
    assert table.loc["OCR accuracy", "n"] == 21


@pytest.mark.usefixtures("our_schema")
def test_a_release_is_checked_approved_and_a_failure_excused(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    golden = save_version(engine, settings, MINHO, "menu", golden_orders(2))
    made_run(engine, settings, golden, "v2.0")
    app = named(open_page("review", view="release"))
    assert "Not decided. menu under v2.0: 2 of 2 cases are good" in words_of(app)
    app.button(key="golden-approve").click().run()
    assert "2 cases are approved as baseline." in words_of(app)
    assert "Pass. menu under v2.0" in words_of(app)
    made_run(engine, settings, golden, "v2.1", broken={0: 1})
    app = named(open_page("review", view="release", case="1"))
    assert "Regression. menu under v2.1: 1 of 2 cases are good, 1 broken" in words_of(app)
    tables = words_of(app).count("<div class='fd-golden'")
    assert words_of(app).count("class='fd-golden-broken'") == tables > 0, "red where an approved case broke"
    app.text_input(key="known-reason").input("the font is late").run()
    app.button(key="known-keep").click().run()
    assert "Pass. menu under v2.1" in words_of(app)
    app.text_input(key="golden-release").input("v2.2").run()
    app.button(key="golden-daily").click().run()
    assert "Every day at 03:00 (Asia/Seoul) under v2.2" in words_of(app)
    app.button(key="golden-run").click().run()
    with reading(engine) as connection:
        assert newest_runs(connection, "menu")[0].release == "v2.2"


@pytest.mark.usefixtures("our_schema")
def test_one_run_is_not_compared_with_itself(open_page: OpenPage, engine: Engine) -> None:
    app = named(open_page("review", view="runs", kind="job"))
    assert "There are no two of them to compare yet." in words_of(app)
    job = make_job(engine)
    make_job(engine)
    app = named(open_page("review", view="runs", kind="job", before=job.job_id, after=job.job_id))
    assert "Both sides are the same run." in words_of(app)


@pytest.mark.usefixtures("our_schema")
def test_the_gallery_shows_who_won(open_page: OpenPage, engine: Engine, settings: Settings) -> None:
    job = make_job(engine)
    choose(engine, settings, JIYOUNG, job.job_id, job.variant_ids[0])
    assert "1 vote" in words_of(open_page("results"))
    choose(engine, settings, MINHO, job.job_id, job.variant_ids[2], team=True)
    shown = words_of(open_page("results"))
    assert "1 vote" not in shown
    cards = [card for card in shown.split("<div class='fd-card'>") if "Winner of the team" in card]
    assert cards
    assert all(str(job.overlaid_ids[2]) in card for card in cards)

"""Writes of verdicts, rounds and limits."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from feedly_core.analytics.gallery import cards_of_jobs
from feedly_core.db.engine import reading
from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.permissions import Person, Role
from feedly_core.reviews.judged_pictures import JudgedPicture, Opinion
from feedly_core.reviews.limits import use_limit
from feedly_core.reviews.questions import keep_reasons
from feedly_core.reviews.rounds import RoundPlan, Seat, give, start_round, take
from feedly_core.reviews.rulings import Right, rule
from feedly_core.reviews.run_plans import keep_plan
from feedly_core.reviews.tags import keep_tags
from feedly_core.reviews.taps import keep_tap
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.reviews.winners import choose
from feedly_core.settings import Settings
from tests.writes.team import BOTH, Team, Write, judge


def _start_round(team: Team, person: Person, settings: Settings) -> object:
    with reading(team.engine) as connection:
        shown = cards_of_jobs(connection, [team.done.job_id], datetime.now(UTC))
    return start_round(team.engine, settings, person, RoundPlan("라운드", (), 1), shown[:1])


def _give(team: Team, person: Person, settings: Settings) -> object:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    ids = (team.done.variant_ids[0], 0, team.done.job_id, picture)
    entry = Entry(uuid4(), team.done.job_id, team.done.variant_ids[0], picture, Verdict.APPROVE)
    return give(team.engine, settings, person, Seat(uuid4(), *ids, datetime.now(UTC)), entry)


def _rule(team: Team, person: Person, settings: Settings) -> None:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    judged = JudgedPicture(
        str(team.done.variant_ids[0]),
        str(team.done.job_id),
        str(picture),
        variant=None,
        text=None,
        large_text=None,
        scores={},
        opinion=Opinion(()),
        complaints={},
        provider=None,
        prompt_version=None,
        answered_at=None,
    )
    rule(team.engine, settings, person, judged, Right.JUDGE)


WRITES = (
    Write(save, Role.REVIEWER, "verdict", BOTH, judge),
    Write(
        choose,
        Role.REVIEWER,
        "winner",
        BOTH,
        lambda team, person, settings: choose(
            team.engine, settings, person, team.done.job_id, team.done.variant_ids[1]
        ),
    ),
    Write(
        use_limit,
        Role.OPERATOR,
        "use_limit",
        BOTH,
        lambda team, person, settings: use_limit(team.engine, settings, person, "ocr_accuracy", 0.8),
    ),
    Write(
        keep_reasons,
        Role.OPERATOR,
        "keep_reasons",
        BOTH,
        lambda team, person, settings: keep_reasons(
            team.engine, settings, person, Question.OCCLUSION, ["bad_crop"]
        ),
    ),
    Write(
        keep_tap,
        Role.REVIEWER,
        "tap",
        ("after",),
        lambda team, person, settings: keep_tap(
            team.engine,
            settings,
            person,
            team.done.job_id,
            *team.done.variant_ids[:2],
            left=True,
            blind=False,
        ),
    ),
    Write(start_round, Role.REVIEWER, "start_round", ("after",), _start_round),
    Write(
        take,
        Role.REVIEWER,
        "",
        (),
        lambda team, person, settings: take(team.engine, settings, person, uuid4()),
    ),
    Write(give, Role.REVIEWER, "", (), _give),
    Write(rule, Role.REVIEWER, "rule", ("after",), _rule),
    Write(
        keep_tags,
        Role.OPERATOR,
        "keep_tags",
        BOTH,
        lambda team, person, settings: keep_tags(team.engine, settings, person, ["로고"]),
    ),
    Write(
        keep_plan,
        Role.OPERATOR,
        "plan_comparison",
        ("after",),
        lambda team, person, settings: keep_plan(
            *(team.engine, settings, person, ("release", "2.0"), ("release", "2.1")), orders=60, compared=20
        ),
    ),
)

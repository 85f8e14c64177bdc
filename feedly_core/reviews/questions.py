"""Which reasons of people answer which question of the AI judge: built in, or the team's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import JUDGING, installed, judge_questions, need
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.verdicts import MAX_NAME, MAX_TAGS
from feedly_core.settings import Settings

ReasonsByQuestion = Mapping[Question, tuple[str, ...]]
"""Reasons by question; one without any is not held against people."""

BUILT_IN: ReasonsByQuestion = {
    Question.OCCLUSION: ("covers_food",),
    Question.CONTRAST: ("low_contrast",),
    Question.ON_BRIEF: ("wrong_copy", "off_brand"),
    Question.CALL_TO_ACTION: (),
}

QUESTION_LABELS: dict[Question, Message] = {
    Question.OCCLUSION: N_("Is anything covered?"),
    Question.CONTRAST: N_("Is the contrast good enough?"),
    Question.ON_BRIEF: N_("Is it on brief?"),
    Question.CALL_TO_ACTION: N_("Is there a call to action?"),
}


@query_budget(statements=1, rows=500)
def reasons_by_question(connection: Connection) -> dict[Question, tuple[str, ...]]:
    """The reasons of each question as they hold now."""
    found = dict(BUILT_IN)
    if not installed(connection, JUDGING):
        return found
    newest = (
        select(judge_questions.c.question, judge_questions.c.reasons)
        .ext(distinct_on(judge_questions.c.question))
        .order_by(judge_questions.c.question, judge_questions.c.change_id.desc())
    )
    for question, reasons in connection.execute(newest):
        if question in list(Question):
            found[Question(question)] = tuple(reasons)
    return found


def keep_reasons(
    engine: Engine, settings: Settings, person: Person, question: Question, reasons: Iterable[str]
) -> None:
    """Store the reasons of one question; needs the role operator.

    Raises :class:`InvalidInput` for too many or too long ones, :class:`MissingInSchema` without a place.
    """
    require(person, Role.OPERATOR, settings)
    kept = list(dict.fromkeys(reason.strip() for reason in reasons if reason.strip()))
    if len(kept) > MAX_TAGS or any(len(reason) > MAX_NAME for reason in kept):
        raise InvalidInput(
            N_("At most {n} reasons of {length} characters.", n=MAX_TAGS, length=MAX_NAME),
            hint=N_("Shorten the list and save it again."),
        )
    with writing(engine) as connection:
        need_judging(connection)
        before = reasons_by_question(connection)[question]
        connection.execute(
            insert(judge_questions).values(question=question.value, reasons=kept, person=person.name)
        )
        given = {"reasons": list(before)}, {"reasons": kept}
        connection.execute(
            audit_line(person, "keep_reasons", question.value, before=given[0], after=given[1])
        )


def need_judging(connection: Connection) -> None:
    """Raises :class:`MissingInSchema` where limits, reasons and rulings cannot be kept."""
    need(connection, JUDGING, N_("This database has no place for limits, questions and rulings yet."))

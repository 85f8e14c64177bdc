"""No question of a page is without a bound. The bounds are measured in the integration tests."""

from __future__ import annotations

from feedly_core.db.query_budget import budget_of
from tests.questions import EXAMPLES, asked


def test_every_question_declares_what_it_costs() -> None:
    questions = asked()
    assert len(questions) > 30
    assert [name for name, question in questions.items() if budget_of(question) is None] == []


def test_every_question_has_an_example_to_be_measured_with() -> None:
    assert set(asked()) == set(EXAMPLES)

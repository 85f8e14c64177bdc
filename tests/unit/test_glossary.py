"""Terms that the help page explains: those of the glossary, and what leads to them."""

from __future__ import annotations

from feedly_core.domain.glossary import GROUPS, SCORE_TERMS, STEP_TERMS, TERMS
from feedly_core.domain.pipeline import STEPS
from feedly_core.domain.scores import SCORES
from tests.unit.test_korean_terms import glossary


def test_each_term_stands_in_the_glossary() -> None:
    assert {str(term.name).lower() for term in TERMS.values()} <= glossary().keys()
    assert len(TERMS) == sum(len(terms) for _title, terms in GROUPS) >= 30


def test_scores_and_steps_lead_to_terms() -> None:
    assert {*SCORE_TERMS.values(), *STEP_TERMS.values()} <= TERMS.keys()
    assert SCORE_TERMS.keys() <= SCORES.keys()
    assert STEP_TERMS.keys() <= STEPS.keys()
    assert {step.owner.lower() for step in STEPS.values()} <= TERMS.keys()

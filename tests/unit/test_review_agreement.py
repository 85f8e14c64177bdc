from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from feedly_core.analytics.gallery import Card
from feedly_core.domain.status import State
from feedly_core.reviews.agreement import human_verdict
from feedly_core.reviews.queue import Item, proposed
from feedly_core.reviews.verdicts import StoredVerdict, Verdict

APPROVE, REJECT = Verdict.APPROVE, Verdict.REJECT


def item(*said: tuple[str, Verdict], team: Verdict | None = None, **scores: float | None) -> Item:
    variant, picture, job = uuid4(), uuid4(), uuid4()

    def standing(who: str, verdict: Verdict, *, decided: bool = False) -> StoredVerdict:
        return StoredVerdict(
            uuid4(), variant, job, picture, who, decided, verdict, (), "", (), False, None, datetime.now(UTC)
        )

    stored_verdicts = [standing(*one) for one in said] + (
        [standing("팀", team, decided=True)] if team else []
    )
    shown = Card(variant, job, 1, None, None, None, State.COMPLETE, datetime.now(UTC), picture, None, scores)
    return Item(shown, tuple(stored_verdicts))


def test_the_team_outvotes_the_majority_and_a_tie_says_nothing() -> None:
    assert human_verdict(item(("지영", APPROVE), ("민호", REJECT))) is None
    assert human_verdict(item(("지영", APPROVE), ("민호", APPROVE), ("수진", REJECT))) is True
    assert human_verdict(item(("지영", APPROVE), ("민호", APPROVE), team=REJECT)) is False
    assert human_verdict(item()) is None
    assert human_verdict(item(("지영", Verdict.NEEDS_WORK))) is False


def test_a_meeting_talks_of_disputes_then_the_worst_then_the_winners() -> None:
    disputed = [item(("지영", APPROVE), ("민호", REJECT), overall=0.9 - number / 100) for number in range(9)]
    others = [item(overall=0.5 + number / 100) for number in range(9)]
    won = {others[7].picture.variant_id, others[8].picture.variant_id}

    def asked(size: int, *known: Item) -> list[Item]:
        return proposed(known, won, size)

    everything = [*others, *disputed]
    assert asked(9, *everything) == [*disputed[:4:-1], *others[:3], others[7], others[8]]
    assert asked(30, *everything) == [*disputed[::-1], *others]
    assert asked(6, *others) == [*others[:4], others[7], others[8]]
    assert asked(4, *disputed) == disputed[:4:-1]
    assert asked(2, *everything) == [disputed[8], disputed[7]], "too short for everything"
    assert asked(5, others[7], others[8]) == [others[7], others[8]]

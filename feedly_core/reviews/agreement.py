"""What people say of a picture together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from feedly_core.reviews.queue import Item
from feedly_core.reviews.verdicts import StoredVerdict, Verdict, team_verdict


def human_verdict(item: Item) -> bool | None:
    """True for approved, by the team's decision or the majority.

    None without one or in a tie.
    """
    return people_verdict(item.said)


def people_verdict(said: Iterable[StoredVerdict]) -> bool | None:
    """The same of what was said about one picture."""
    told = tuple(said)
    decision = team_verdict(told)
    return joint_verdict(decision.verdict if decision else None, (one.verdict for one in told))


def joint_verdict(decision: Verdict | None, said: Iterable[Verdict]) -> bool | None:
    """The same of the team's decision and all verdicts."""
    if decision is not None:
        return decision is Verdict.APPROVE
    votes = Counter(one is Verdict.APPROVE for one in said)
    if votes[True] == votes[False]:
        return None
    return votes[True] > votes[False]

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
    if decision is not None:
        return decision.verdict is Verdict.APPROVE
    votes = Counter(one.verdict is Verdict.APPROVE for one in told)
    if votes[True] == votes[False]:
        return None
    return votes[True] > votes[False]

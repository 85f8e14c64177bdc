"""Limits of scores in force: those that an operator stored, else those of the settings.

The one reader of limits for every page, command and notebook. A stored limit holds without a restart: each
process asks again after two seconds.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import replace

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import JUDGING, installed, score_limits
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import DEFAULTS, SCORES, Limit, Unit, limits
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.questions import need_judging
from feedly_core.settings import Settings

ASKED_EVERY = 2.0
"""Seconds after which a process asks the database for stored limits again."""

_Stored = dict[str, tuple[float, float]]
_known: weakref.WeakKeyDictionary[Engine, tuple[float, _Stored]] = weakref.WeakKeyDictionary()


@query_budget(statements=1, rows=1_000)
def limits_in_force(connection: Connection, settings: Settings) -> dict[str, Limit]:
    """Stored limits over those of the settings, by score.

    At most one statement; none within two seconds of the last one.
    """
    stored = _remembered(connection.engine)
    if stored is None:
        stored = _stored(connection)
        _known[connection.engine] = (time.monotonic(), stored)
    return _merged(settings, stored)


def current_limits(engine: Engine, settings: Settings) -> dict[str, Limit]:
    """The same for a caller without a connection: opens one when two seconds are over."""
    stored = _remembered(engine)
    if stored is not None:
        return _merged(settings, stored)
    with reading(engine) as connection:
        return limits_in_force(connection, settings)


def use_limit(
    engine: Engine, settings: Settings, person: Person, score: str, good: float | None
) -> Limit | None:
    """Store the limit of pass; needs the role operator. None goes back to the limit of the settings.

    The limit of warn stays, unless it would be the stricter one. Returns the limit that now holds.
    Raises :class:`InvalidInput` for an unknown score or a value that the score cannot have,
    :class:`MissingInSchema` where no limit can be stored.
    """
    require(person, Role.OPERATOR, settings)
    if good is not None:
        _check(score, good)
    with writing(engine) as connection:
        need_judging(connection)
        known = _merged(settings, _stored(connection))
        before, usual = known.get(score), limits(settings).get(score)
        after = usual if good is None else _limit(score, good, before)
        told = None if good is None or after is None else after
        connection.execute(
            insert(score_limits).values(
                score=score,
                good=told and told.good,
                fair=told and told.fair,
                person=person.name,
            )
        )
        connection.execute(
            audit_line(person, "use_limit", score, before=_written(before), after=_written(after))
        )
    _known.pop(engine, None)
    return after


def stored_scores(connection: Connection) -> frozenset[str]:
    """Scores whose limit is a stored one. One statement."""
    return frozenset(_stored(connection))


def limited_scores() -> tuple[str, ...]:
    """Scores that may have a limit: shares and contrasts."""
    return tuple(name for name in (*SCORES, *DEFAULTS) if name in DEFAULTS or _may_have(name))


def _may_have(name: str) -> bool:
    return name in SCORES and SCORES[name].unit is not Unit.COUNT


def _stored(connection: Connection) -> _Stored:
    if not installed(connection, JUDGING):
        return {}
    newest = (
        select(score_limits)
        .ext(distinct_on(score_limits.c.score))
        .order_by(score_limits.c.score, score_limits.c.change_id.desc())
    )
    return {
        row.score: (row.good, row.fair)
        for row in connection.execute(newest)
        if row.good is not None and row.fair is not None
    }


def _remembered(engine: Engine) -> _Stored | None:
    known = _known.get(engine)
    return known[1] if known and time.monotonic() - known[0] < ASKED_EVERY else None


def _merged(settings: Settings, stored: _Stored) -> dict[str, Limit]:
    found = limits(settings)
    for name, (good, fair) in stored.items():
        if name in DEFAULTS or _may_have(name):
            found[name] = Limit(good, fair, _higher_is_better(name))
    return found


def _limit(score: str, good: float, before: Limit | None) -> Limit:
    if before is None:
        return Limit(good, good, _higher_is_better(score))
    stricter = before.fair > good if before.higher_is_better else before.fair < good
    return replace(before, good=good, fair=good if stricter else before.fair)


def _higher_is_better(name: str) -> bool:
    return DEFAULTS[name].higher_is_better if name in DEFAULTS else SCORES[name].higher_is_better


def _check(score: str, good: float) -> None:
    if score not in limited_scores():
        raise InvalidInput(
            N_("There is no limit of {name}.", name=score),
            hint=N_("Known: {names}", names=", ".join(limited_scores())),
        )
    low, high = SCORES[score if score in SCORES else "contrast"].range
    if not low <= good <= high:
        raise InvalidInput(
            N_("{name} lies between {low} and {high}.", name=score, low=low, high=high),
            hint=N_("Nothing was written. Choose another limit."),
        )


def _written(limit: Limit | None) -> dict[str, float] | None:
    return None if limit is None else {"good": limit.good, "fair": limit.fair}

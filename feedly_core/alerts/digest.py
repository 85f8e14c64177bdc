"""Digest of a day or a week: what was made, how good it was against the week before, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from feedly_core.alerts.course import Alert, Event
from feedly_core.alerts.outbox import put, send_now
from feedly_core.alerts.rules import HOW_OFTEN, Rule
from feedly_core.alerts.store import keep_alert
from feedly_core.alerts.wording import Content
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Count, Order, count_matches, gallery_page
from feedly_core.analytics.trends import Point, Spread, period
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import DEFAULTS, SCORES, write_score
from feedly_core.i18n import N_, Message, translate, verbatim
from feedly_core.permissions import Person
from feedly_core.settings import Settings

WEEK = timedelta(days=7)
LENGTHS = {"day": timedelta(days=1), "week": WEEK}
MISSED = timedelta(hours=12)
"""A digest that is later than this is left out: the next one is near."""

SHOWN = 3
_QUALITY = ("overall", "ocr_accuracy", "contrast", "iou_with_food")


@dataclass(frozen=True)
class Digest:
    """Figures from ``since`` to ``until``, and of the seven days before (``before``). None: nothing was made.

    ``best`` and ``worst`` by overall score; ``disputed``: pictures on which people disagree.
    """

    often: str
    since: datetime
    until: datetime
    now: Point | None
    before: Point | None
    best: tuple[Card, ...]
    worst: tuple[Card, ...]
    disputed: Count


@query_budget(statements=16, rows=60_000)
def read_digest(connection: Connection, often: str, until: datetime, tenant: str = "") -> Digest:
    """Ask for the digest of the ``day`` or ``week`` before ``until``."""
    since, source = until - LENGTHS[often], variant_source(connection, until)
    span = PictureFilters(tenant=tenant or None, since=since, until=until)
    earlier = PictureFilters(tenant=tenant or None, since=since - WEEK, until=since)
    finished = PictureFilters(tenant=tenant or None, since=since, until=until, finished=True)
    best, worst = (
        tuple(
            card
            for card in gallery_page(connection, source, finished, Order("overall", up), None, SHOWN).cards
            if card.overall is not None
        )
        for up in (False, True)
    )
    disputed = PictureFilters(tenant=tenant or None, finished=True, disputed=True)
    return Digest(
        *(often, since, until, period(connection, source, span), period(connection, source, earlier)),
        *(best, tuple(card for card in worst if card not in best)),
        count_matches(connection, source, disputed),
    )


def digest_content(found: Digest, language: str) -> Content:
    """The digest as a message. Its pictures travel as one contact sheet, where they may."""
    title = N_("Digest {often}", often=HOW_OFTEN[found.often])
    lines = [*_quality(found), *_rest(found)]
    cards = (*found.best, *found.worst)
    return Content(
        translate(title, language),
        translate(_sentence(found.now), language),
        "",
        tuple(translate(line, language) for line in lines),
        "/trends",
        (),
        language,
        tuple(
            (str(card.picture_id), card.tenant_id or "", f"{mark} {write_score('overall', card.overall, {})}")
            for card, mark in zip(cards, "▲" * len(found.best) + "▼" * len(found.worst), strict=True)
            if card.picture_id is not None
        ),
    )


def due_digest(rule: Rule, now: datetime) -> datetime:
    """The last moment up to ``now`` at which the rule's digest was due, by the clocks of its zone."""
    local = now.astimezone(ZoneInfo(rule.zone))
    due = local.replace(hour=int(rule.new.threshold), minute=0, second=0, microsecond=0)
    if rule.new.subject == "week":
        due -= timedelta(days=due.weekday())
    if due > local:
        due -= LENGTHS[rule.new.subject]
    return due


def send_due(engine: Engine, rule: Rule, due: datetime, now: datetime) -> None:
    """Put the digest of ``due`` into the outbox, once however many processes ask."""
    with reading(engine) as connection:
        content = digest_content(
            read_digest(connection, rule.new.subject, due, rule.new.tenant), rule.new.language
        )
    alert_id = uuid5(rule.rule_id, due.astimezone(ZoneInfo("UTC")).isoformat())
    sent = Alert(alert_id, rule.rule_id, due, 1, due, 1, now, now)
    with writing(engine) as connection:
        if keep_alert(connection, None, sent):
            put(connection, Event.DIGEST, rule.new.channel, content, alert_id=alert_id)


def send_digest(engine: Engine, settings: Settings, person: Person, channel: str, content: Content) -> None:
    """Send a digest now. As :func:`send_now`."""
    send_now(engine, settings, person, "send_digest", Event.DIGEST, channel, content)


def _sentence(point: Point | None) -> Message:
    if point is None:
        return N_("No job was made")
    return N_(
        "{made} jobs were made: {complete} complete, {failed} failed",
        made=point.jobs,
        complete=round(point.jobs * (point.complete or 0)),
        failed=round(point.jobs * (point.failed or 0)),
    )


def _quality(found: Digest) -> list[Message]:
    """Median of each score with its 95 % interval, beside that of the seven days before."""
    if found.now is None:
        return []
    lines = []
    for name in _QUALITY:
        now, before = (point.scores.get(name) if point else None for point in (found.now, found.before))
        if now is None or now.median is None:
            continue
        told = {"score": SCORES[name].title, "now": _spread(name, now)}
        if before is None or before.median is None:
            lines.append(N_("{score}: {now}; nothing to compare with", **told))
        else:
            lines.append(N_("{score}: {now}; the week before {before}", **told, before=_spread(name, before)))
    return lines


def _spread(name: str, spread: Spread) -> Message:
    median = write_score(name, spread.median, DEFAULTS)
    if spread.interval is None:
        return N_("{median} (too few jobs for an interval)", median=median)
    low, high = (write_score(name, end, DEFAULTS) for end in spread.interval)
    return verbatim(f"{median} ({low}–{high})")


def _rest(found: Digest) -> list[Message]:
    lines = []
    if found.disputed.number:
        more = "+" if found.disputed.more else ""
        lines.append(N_("Pictures on which people disagree: {n}", n=f"{found.disputed.number}{more}"))
    if found.now is not None and found.now.cost_usd is not None:
        cost, unknown = f"{found.now.cost_usd:.2f}", found.now.jobs - found.now.priced
        lines.append(N_("Cost: {cost} USD; of {n} jobs it is unknown", cost=cost, n=unknown))
    for mark, cards in ((N_("Best"), found.best), (N_("Worst"), found.worst)):
        if cards:
            named = ", ".join(
                f"{str(card.job_id)[:8]} {write_score('overall', card.overall, {})}" for card in cards
            )
            lines.append(N_("{mark}: {named}", mark=mark, named=named))
    return lines

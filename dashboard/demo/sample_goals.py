"""What the demo's people want: a golden set of approved orders, and targets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from dashboard.demo.sample_reviews import REVIEWERS
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.golden_sets.facts import USUAL as FACTS
from feedly_core.golden_sets.sets import save_version
from feedly_core.golden_sets.sources import orders_of_pictures
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Verdict
from feedly_core.settings import Settings
from feedly_core.targets.budget import USUAL as TARGETS
from feedly_core.targets.store import add_target

SET_NAME = "대표 주문"
ORDERS = 4
PERSON = Person(next(iter(REVIEWERS)), Role.OPERATOR)


def keep_sample_set(engine: Engine, settings: Settings, now: datetime) -> None:
    """Write it from the best approved pictures, one per dish. Nothing where nobody has approved any."""
    approved = PictureFilters(verdict=Verdict.APPROVE, finished=True)
    with reading(engine) as connection:
        source = variant_source(connection, now)
        cards = gallery_page(connection, source, approved, Order("overall"), None).cards
        chosen = list({card.description: card.variant_id for card in cards}.values())[:ORDERS]
        if not chosen:
            return
        found = orders_of_pictures(connection, settings, chosen, FACTS[:2])
    save_version(engine, settings, PERSON, SET_NAME, found.orders)


def keep_sample_targets(engine: Engine, settings: Settings) -> None:
    """The usual three: charts show a line to reach."""
    for target in TARGETS:
        add_target(engine, settings, PERSON, target)

"""A golden set of orders that the demo's people approved, so that a release can be checked at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from dashboard.demo.sample_reviews import REVIEWERS
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.golden_sets.facts import Fact, FactKind
from feedly_core.golden_sets.sets import save_version
from feedly_core.golden_sets.sources import orders_of_pictures
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Verdict
from feedly_core.settings import Settings

SET_NAME = "대표 주문"
ORDERS = 4
FACTS = (
    Fact(FactKind.SCORE, score="iou_with_food", bound=0.02),
    Fact(FactKind.SCORE, score="ocr_accuracy", bound=0.95),
)


def keep_sample_set(engine: Engine, settings: Settings, now: datetime) -> None:
    """Write it from the best approved pictures, one per dish. Nothing where nobody has approved any."""
    approved = PictureFilters(verdict=Verdict.APPROVE, finished=True)
    with reading(engine) as connection:
        source = variant_source(connection, now)
        cards = gallery_page(connection, source, approved, Order("overall"), None).cards
        chosen = list({card.description: card.variant_id for card in cards}.values())[:ORDERS]
        if not chosen:
            return
        found = orders_of_pictures(connection, settings, chosen, FACTS)
    person = Person(next(iter(REVIEWERS)), Role.REVIEWER)
    save_version(engine, settings, person, SET_NAME, found.orders)

"""Orders of pictures that people chose, added to a golden set."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from feedly_core.db.engine import reading
from feedly_core.golden_sets.facts import Fact
from feedly_core.golden_sets.sources import orders_of_pictures
from pages.shared.ask import dashboard
from pages.shared.golden_form import Found, golden_form


def add_to_golden_set(key: str, variant_ids: Sequence[UUID]) -> None:
    """The form for the orders that these finished pictures were made from."""

    def found(facts: Sequence[Fact], pinned: bool) -> Found:
        here = dashboard()
        with reading(here.engine) as connection:
            orders = orders_of_pictures(connection, here.settings, variant_ids, facts, pin_copy=pinned)
        return orders.orders, orders.skipped

    golden_form(key, found)

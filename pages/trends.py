"""Quality, speed and cost over time: a day or a release at a time, with the jobs behind each point."""

from __future__ import annotations

from datetime import UTC, datetime

from feedly_core.analytics.variant_source import fact_source
from pages.parts.results.gallery import grid
from pages.parts.trends import charts, filters, period_compare
from pages.shared.ask import ask, page_errors
from pages.shared.navigation import page_title

page_title("trends")
with page_errors():
    source = ask(fact_source, datetime.now(UTC))
    question = filters.question()
    grid.freshness(source)
    charts.show(source, question)
    period_compare.show(source, question)

"""Quality, speed and cost over time: a day or a release at a time, with the jobs behind each point."""

from __future__ import annotations

from datetime import UTC, datetime

from feedly_core.results.fact_source import fact_source
from pages.components.app import ask, page_errors
from pages.components.gallery import grid
from pages.components.navigation import page_title
from pages.components.trends import asked, charts, sides

page_title("trends")
with page_errors():
    source = ask(fact_source, datetime.now(UTC))
    question = asked.question()
    grid.freshness(source)
    charts.show(source, question)
    sides.show(source, question)

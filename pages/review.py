"""Look, judge, decide: a queue to judge alone, a winner for each job, a meeting, and what it decided."""

from __future__ import annotations

from pages.parts.review import views
from pages.shared.ask import page_errors
from pages.shared.navigation import page_title

page_title("review")
with page_errors():
    views.show()

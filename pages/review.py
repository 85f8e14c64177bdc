"""Look, judge, decide: a queue to judge alone, a winner for each job, a meeting, and what it decided."""

from __future__ import annotations

from pages.components.app import page_errors
from pages.components.navigation import page_title
from pages.components.review import views

page_title("review")
with page_errors():
    views.show()

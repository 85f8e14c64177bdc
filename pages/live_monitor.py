"""Every job in flight, as it moves: the board, and one job closely."""

from __future__ import annotations

from pages.parts.live_monitor import board_view, job_view, selection
from pages.shared.ask import page_errors
from pages.shared.navigation import page_title

page_title("live_monitor")
job_id = None
with page_errors():  # an unknown job: said above the board to choose from
    selection.prepare()
    job_id = selection.chosen_job()
with page_errors():
    if job_id is None:
        board_view.show()
    else:
        job_view.show(job_id)

"""One job's whole story: pictures, scores, texts; without a job, the ones to choose from."""

from __future__ import annotations

from pages.parts.results import choose, job_page, widgets
from pages.parts.results.gallery import show as gallery
from pages.shared.ask import page_errors
from pages.shared.navigation import page_title

page_title("results")
widgets.style()
job_id = None
with page_errors():  # an unknown job: said above the list to choose from
    job_id = choose.chosen_job()
with page_errors():
    if job_id is None:
        choose.job_field()
        gallery.show()
        choose.newest()
    else:
        job_page.show(job_id)

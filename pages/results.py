"""One job's whole story: pictures, scores, texts; without a job, the ones to choose from."""

from __future__ import annotations

from pages.components.app import page_errors
from pages.components.gallery import show as gallery
from pages.components.navigation import page_title
from pages.components.results import choose, look, story

page_title("results")
look.style()
job_id = None
with page_errors():  # an unknown job: said above the list to choose from
    job_id = choose.chosen_job()
with page_errors():
    if job_id is None:
        choose.job_field()
        gallery.show()
        choose.newest()
    else:
        story.show(job_id)

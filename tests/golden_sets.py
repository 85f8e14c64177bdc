"""Golden sets with runs whose jobs have ended: what the pipeline would leave behind."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, func, insert, text, update

from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import campaign_jobs, campaigns, picture_contrast
from feedly_core.golden_sets.facts import Fact
from feedly_core.golden_sets.runs import GoldenRun, RunRequest, newest_runs, run_set
from feedly_core.golden_sets.sets import GoldenSet, NewOrder
from feedly_core.jobs.request import AdCopy
from feedly_core.jobs.samples import sample_pictures
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job

BOSS = Person("boss", Role.OPERATOR)


def golden_orders(count: int, *facts: Fact) -> list[NewOrder]:
    """So many orders: "order 0", "order 1" …."""
    copy = AdCopy("stew", "a stew", "따끈한 국물")
    return [
        NewOrder(sample_pictures()[n % 2], f"order {n}", None, None, copy, tuple(facts)) for n in range(count)
    ]


def made_run(
    engine: Engine,
    settings: Settings,
    golden: GoldenSet,
    release: str,
    *,
    repeats: int = 1,
    broken: dict[int, int] | None = None,
    unmade: frozenset[int] = frozenset(),
    measured: bool = True,
) -> GoldenRun:
    """A run that has ended. ``broken``: by order, how many of its repeats cannot be read.

    ``unmade`` orders were never made.
    """
    campaign_id = run_set(engine, settings, BOSS, golden, RunRequest(release, repeats))
    jobs, orders = [], len(golden.orders)
    for item in range(orders * repeats):
        place = item % orders
        if place not in unmade:
            fails = item // orders < (broken or {}).get(place, 0)
            job = make_job(engine, desc_kor=golden.orders[place].description)
            _with_accuracy(engine, job, 0.1 if fails else 0.97)
            jobs.append((item, job))
    with writing(engine) as connection:
        rows = [
            {"campaign_id": campaign_id, "sequence": at + 1, "item": item, "job_id": job.job_id}
            | {"outcome": "completed", "fired_at": datetime.now(UTC), "finished_at": datetime.now(UTC)}
            for at, (item, job) in enumerate(jobs)
        ]
        connection.execute(insert(campaign_jobs), rows)
        ended = {"state": "finished", "finished_at": func.now()}
        connection.execute(update(campaigns).where(campaigns.c.campaign_id == campaign_id).values(**ended))
    if measured:
        _note_unreadable(engine, [job for _item, job in jobs])
    with reading(engine) as connection:
        return next(
            run for run in newest_runs(connection, golden.name, 500) if run.campaign_id == campaign_id
        )


def _note_unreadable(engine: Engine, jobs: list[MadeJob]) -> None:
    """As a running dashboard leaves pictures without a file: looked at, and not measured."""
    rows = [
        {"job_variants_id": variant, "picture_id": picture, "state": "missing"}
        | {"tries": 1, "measured_at": datetime.now(UTC)}
        for job in jobs
        for variant, picture in zip(job.variant_ids, job.overlaid_ids, strict=True)
    ]
    with writing(engine) as connection:
        connection.execute(insert(picture_contrast), rows)


def _with_accuracy(engine: Engine, job: MadeJob, accuracy: float) -> None:
    with writing(engine) as connection:
        connection.execute(
            text(
                "UPDATE evaluations SET metrics = jsonb_set(metrics, '{ocr_accuracy}', :accuracy)"
                " WHERE evaluation_type = 'ocr' AND overlay_id = ANY(:overlays)"
            ),
            {"accuracy": str(accuracy), "overlays": list(job.overlay_ids)},
        )

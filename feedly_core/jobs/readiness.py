"""What a job needs from the database before it starts.

Names what is missing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select

from feedly_core.db.engine import Capabilities
from feedly_core.db.event_delivery import service_may_listen, trigger_enabled
from feedly_core.domain import tables as t
from feedly_core.domain.contract import JOB_NOTIFY, VARIANT_NOTIFY
from feedly_core.i18n import N_, Message
from feedly_core.jobs.request import JobKind, JobRequest

_TRIGGER = {JobKind.FULL: VARIANT_NOTIFY, JobKind.YE: JOB_NOTIFY}
"""The trigger that notifies the services of this kind of job."""


def fact_columns(request: JobRequest) -> tuple[ColumnElement[Any], ...]:
    """Questions about a request, as columns of one SELECT.

    ``tone_style_id`` (the chosen one, else the first) and ``store_id`` are NULL when not found.
    ``trigger_enabled``: the trigger that notifies the services of this kind of job.
    """
    tones, stores = t.tone_styles.c.tone_style_id, t.stores.c.store_id
    tone = (
        select(tones).where(tones == request.tone_style_id) if request.tone_style_id else first_tone_style()
    )
    return (
        tone.scalar_subquery().label("tone_style_id"),
        select(stores).where(stores == request.store_id).scalar_subquery().label("store_id"),
        trigger_enabled(_TRIGGER[request.kind]).label("trigger_enabled"),
    )


def listens_column(kind: JobKind) -> ColumnElement[bool]:
    """False when no service listens for such a job's start."""
    return service_may_listen(_TRIGGER[kind].channel).label("heard")


def first_tone_style() -> Select[tuple[Any]]:
    """Default tone and style: the first of the form."""
    tones = t.tone_styles.c
    return select(tones.tone_style_id).order_by(tones.code, tones.tone_style_id).limit(1)


def missing_parts(request: JobRequest, facts: Row[Any], caps: Capabilities) -> tuple[Message, ...]:
    """What would stop this job somewhere after its start.

    ``facts``: the answer to :func:`fact_columns`.
    """
    missing: list[Message] = []
    if not facts.trigger_enabled:
        trigger = _TRIGGER[request.kind]
        missing.append(
            N_(
                "The trigger {trigger} on {table} is missing or disabled.",
                trigger=trigger.trigger,
                table=trigger.table,
            )
        )
    if request.kind is JobKind.YE:
        if facts.tone_style_id is None:
            missing.append(N_("There is no tone and style; the image generation refuses a job without one."))
    elif not caps.has_table(t.txt_ad_copy_generations.name):
        missing.append(N_("The table txt_ad_copy_generations is missing; the two text steps cannot run."))
    elif not request.ad_copy.ad_copy_eng.strip():
        missing.append(N_("The English ad copy is empty; the picture check and the translation read it."))
    return tuple(missing)

"""Names that the dashboard shares with FeedlyAI's services, each once.

Channels, triggers and operations of the pipeline (edition 1.3.0), the retry limit of its listener, the
names under which programs connect, and the dashboard's own two channels. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

JOB_CHANNEL = "job_state_changed"
VARIANT_CHANNEL = "job_variant_state_changed"
PIPELINE_CHANNELS = (JOB_CHANNEL, VARIANT_CHANNEL)

CHANGE_CHANNEL = "feedly_dashboard_changed"
"""Our own: something in the schema ``feedly_dashboard`` changed. Payload: the topic's UUID."""

HEARTBEAT_CHANNEL = "feedly_dashboard_heartbeat"
"""Our own: a round trip over it proves that NOTIFY arrives."""

CAMPAIGN_TOPIC = UUID("6b1f8a50-5d0e-4c39-9a57-0c6f3e2d7a11")
"""Topic: a campaign was started, goes on, or has made a job."""

MEETINGS_TOPIC = UUID(int=1)
"""Topic: a meeting began or ended. The topic of one meeting is its own id."""

ALERTS_TOPIC = UUID(int=2)
"""Topic: an alert rule changed, or a message waits to be sent."""

MAX_RETRIES = 20
"""The listener stops repairing a job here (MAX_JOB_RETRY_COUNT since 2025-12-04)."""

DASHBOARD_APPLICATION = "feedly-dashboard"
"""``application_name`` of the dashboard's pool, and the prefix of its other connections."""

OWN_SCHEMA = "feedly_dashboard"
"""Schema of everything that the dashboard remembers; FeedlyAI's services never look into it."""

HUB_APPLICATION = f"{DASHBOARD_APPLICATION}-hub"
LISTEN_APPLICATION = f"{DASHBOARD_APPLICATION}-listen"


@dataclass(frozen=True)
class PipelineTrigger:
    """One trigger with its function.

    ``channel`` and ``payload`` are empty for the roll-up.
    """

    key: str
    trigger: str
    function: str
    table: str
    channel: str = ""
    payload: tuple[str, ...] = ()


VARIANT_NOTIFY = PipelineTrigger(
    "variant_notify",
    "job_variant_state_change_trigger",
    "notify_job_variant_state_change",
    "jobs_variants",
    VARIANT_CHANNEL,
    ("job_variants_id", "job_id", "current_step", "status", "img_asset_id", "tenant_id", "updated_at"),
)
JOB_NOTIFY = PipelineTrigger(
    "job_notify",
    "job_state_change_trigger",
    "notify_job_state_change",
    "jobs",
    JOB_CHANNEL,
    ("job_id", "current_step", "status", "tenant_id", "updated_at"),
)
ROLLUP = PipelineTrigger(
    "rollup", "check_all_variants_done_trigger", "check_all_variants_done", "jobs_variants"
)
NOTIFYING_TRIGGERS = (JOB_NOTIFY, VARIANT_NOTIFY)
PIPELINE_TRIGGERS = (VARIANT_NOTIFY, JOB_NOTIFY, ROLLUP)

FIRING = ("O", "A")
"""``pg_trigger.tgenabled`` of a trigger that fires for ordinary sessions."""

_STEP_OF_OPERATION = {
    "analyze": "vlm_analyze",
    "judge": "vlm_judge",
    "ocr": "ocr_eval",
    "readability": "readability_eval",
    "iou": "iou_eval",
    "eng_to_kor": "ad_copy_gen_kor",
    "feed_gen": "instagram_feed_gen",
}


def step_of(operation: str) -> str:
    """Step that an operation or evaluation type belongs to.

    The name itself where both are the same.
    """
    return _STEP_OF_OPERATION.get(operation, operation)

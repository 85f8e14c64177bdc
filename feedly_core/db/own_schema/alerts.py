"""Tables of alerts: rules, what they found, and the messages that leave."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

alert_rules = Table(
    "alert_rules",
    metadata,
    Column("rule_id", Uuid, primary_key=True),
    Column("kind", Prose, nullable=False),
    Column("tenant", Prose, nullable=False),
    Column("subject", Prose, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("window_minutes", Integer, nullable=False),
    Column("quiet_from", Integer),
    Column("quiet_to", Integer),
    Column("zone", Prose, nullable=False),
    Column("channel", Prose, nullable=False),
    Column("language", Prose, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_by", Prose, nullable=False),
    moment("created_at"),
    moment("removed_at", nullable=True),
    info=LATER,
)
"""``tenant``, ``subject``: a filter, empty for all. ``quiet_from``, ``quiet_to``: minutes of the day in
``zone``. ``channel``: a name of the environment, never an address. A removed rule stays, for its alerts."""

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("rule_id", Uuid, ForeignKey(alert_rules.c.rule_id, ondelete="CASCADE"), nullable=False),
    moment("opened_at", default=False),
    Column("size", Integer, nullable=False),
    Column("sent_size", Integer, nullable=False),
    moment("sent_at", nullable=True),
    moment("ended_at", nullable=True),
    Column("version", Integer, nullable=False),
    info=LATER,
)
"""``size``: how many it is about; ``sent_size``: how many the newest message said, 0 before the first."""
Index("alerts_open", alerts.c.rule_id, unique=True, postgresql_where=text("ended_at IS NULL"))
Index("alerts_opened_at", alerts.c.opened_at)

alert_messages = Table(
    "alert_messages",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("alert_id", Uuid, ForeignKey(alerts.c.alert_id, ondelete="CASCADE")),
    Column("event", Prose, nullable=False),
    Column("channel", Prose, nullable=False),
    Column("content", JSONB, nullable=False),
    moment("created_at"),
    moment("due_at", default=False),
    Column("state", Prose, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("claimed_by", Prose),
    moment("claimed_at", nullable=True),
    moment("sent_at", nullable=True),
    Column("repeat", Boolean, nullable=False, server_default="false"),
    Column("error", Prose),
    info=LATER,
)
"""Claimed before it is sent. ``repeat``: an earlier attempt may have arrived already."""
Index("alert_messages_due", alert_messages.c.due_at, postgresql_where=text("state IN ('waiting', 'claimed')"))
Index("alert_messages_created_at", alert_messages.c.created_at)

ALERTS = (alert_rules, alerts, alert_messages)

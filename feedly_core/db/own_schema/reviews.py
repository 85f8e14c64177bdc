"""What people decided about pictures.

Append-only: a person's newest row counts, older ones are history.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Identity, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", BigInteger, Identity(), primary_key=True),
    Column("entry_id", Uuid, nullable=False, unique=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_variants_id", Uuid, nullable=False),
    Column("picture_asset_id", Uuid, nullable=False),
    Column("reviewer", Prose, nullable=False),
    Column("team", Boolean, nullable=False, server_default="false"),
    Column("verdict", Prose, nullable=False),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("comment", Prose, nullable=False, server_default=""),
    Column("marks", JSONB, nullable=False, server_default="[]"),
    Column("blind", Boolean, nullable=False, server_default="false"),
    Column("meeting_id", Uuid),
    moment("at"),
)
"""``entry_id`` is made where the key is pressed, so that sending it twice writes it once. ``team``: the
decision of a meeting, with ``reviewer`` as the one who recorded it."""
Index("reviews_variant", reviews.c.job_variants_id, reviews.c.reviewer, reviews.c.review_id)
Index("reviews_job", reviews.c.job_id)
Index("reviews_meeting", reviews.c.meeting_id)

review_winners = Table(
    "review_winners",
    metadata,
    Column("choice_id", BigInteger, Identity(), primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_variants_id", Uuid),
    Column("person", Prose, nullable=False),
    Column("team", Boolean, nullable=False, server_default="false"),
    Column("blind", Boolean, nullable=False, server_default="false"),
    moment("at"),
)
"""The chosen variant of a job; NULL takes a choice back. Never ``jobs_variants.selected``: an UPDATE of
a finished job's variant would run its text steps again."""
Index("review_winners_job", review_winners.c.job_id, review_winners.c.choice_id)

review_taps = Table(
    "review_taps",
    metadata,
    Column("tap_id", BigInteger, Identity(), primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("winner_id", Uuid, nullable=False),
    Column("loser_id", Uuid, nullable=False),
    Column("winner_left", Boolean),
    Column("blind", Boolean, nullable=False, server_default="false"),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""Every choice between two variants of a job, and the side of the better one; nothing is overwritten."""

TAPS = (review_taps,)

review_tags = Table(
    "review_tags",
    metadata,
    Column("tag", Prose, primary_key=True),
    Column("position", Integer, nullable=False),
)
"""The team's own list of reasons; while it is empty the built-in one is used."""

review_meetings = Table(
    "review_meetings",
    metadata,
    Column("meeting_id", Uuid, primary_key=True),
    Column("title", Prose, nullable=False),
    Column("presenter", Prose, nullable=False),
    Column("agenda", ARRAY(Uuid), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    moment("started_at"),
    moment("shown_at"),
    moment("ended_at", nullable=True),
)
"""``agenda``: variants in order of talk; ``position`` is the one on the presenter's screen."""
Index("review_meetings_started_at", review_meetings.c.started_at)

review_drafts = Table(
    "review_drafts",
    metadata,
    Column("person", Prose, primary_key=True),
    Column("agenda", ARRAY(Uuid), nullable=False),
    moment("at"),
    info={"later": True},
)
"""The agenda that a person collects for their next meeting: variants in order of talk."""

review_actions = Table(
    "review_actions",
    metadata,
    Column("action_id", Uuid, primary_key=True),
    Column("meeting_id", Uuid, nullable=False),
    Column("words", Prose, nullable=False),
    Column("owner", Prose, nullable=False),
    Column("due", Date),
    Column("created_by", Prose, nullable=False),
    moment("at"),
    info={"later": True},
)
"""What a meeting asks somebody to do: ``owner`` is a name, ``due`` a day or open."""
Index("review_actions_meeting", review_actions.c.meeting_id)

review_presence = Table(
    "review_presence",
    metadata,
    Column("meeting_id", Uuid, primary_key=True),
    Column("person", Prose, primary_key=True),
    moment("first_seen"),
    moment("last_seen"),
)
"""Who was there while a meeting ran, by name: two devices of one person are one."""

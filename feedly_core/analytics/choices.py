"""What filters of pictures can name: tenants, tones, releases."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from feedly_core.db.engine import capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t

MOST_RELEASES = 50


@query_budget(statements=2, rows=10)
def choices(connection: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tenants and tones that the filters can name. Two statements."""
    tenants = connection.scalars(select(t.tenants.c.tenant_id).order_by(t.tenants.c.tenant_id)).all()
    if not capabilities(connection).has_table("tone_styles"):
        return tuple(tenants), ()
    name = t.tone_styles.c.kor_name
    tones = connection.scalars(select(name).where(name.is_not(None)).group_by(name).order_by(name)).all()
    return tuple(tenants), tuple(tones)


@query_budget(statements=1, rows=4_000)
def releases(connection: Connection) -> tuple[str, ...]:
    """Versions of the pipeline that made jobs, the newest first; none where jobs do not name theirs."""
    if not capabilities(connection).has("jobs", "version"):
        return ()
    version, newest = t.jobs.c.version, func.max(t.jobs.c.created_at)
    query = select(version).where(version.is_not(None)).group_by(version).order_by(newest.desc())
    return tuple(connection.scalars(query.limit(MOST_RELEASES)).all())

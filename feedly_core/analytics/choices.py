"""What filters of pictures can name: tenants, tones, releases."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sqlalchemy import Connection, func, select

from feedly_core.db.engine import capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.errors import NotFound
from feedly_core.i18n import N_, Message, verbatim

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


def require_known(connection: Connection, *, tenant: str | None = None, tone: str | None = None) -> None:
    """Refuse a filter that can fit nothing: an empty answer would look like a quiet week.

    Raises NotFound for a name that no tenant or tone has, with those most like it.
    """
    if tenant is None and tone is None:
        return
    tenants, tones = choices(connection)
    if tenant is not None and tenant not in tenants:
        raise NotFound(N_("There is no tenant {name}.", name=verbatim(tenant)), hint=_known(tenant, tenants))
    if tone is not None and tone not in tones:
        raise NotFound(N_("There is no tone {name}.", name=verbatim(tone)), hint=_known(tone, tones))


def _known(name: str, names: Sequence[str]) -> Message | None:
    """The most similar names, else the first of all."""
    shown = get_close_matches(name, names, n=5, cutoff=0.5) or names[:10]
    return N_("Known: {names}", names=verbatim(", ".join(shown))) if shown else None


@query_budget(statements=1, rows=4_000)
def releases(connection: Connection) -> tuple[str, ...]:
    """Versions of the pipeline that made jobs, the newest first; none where jobs do not name theirs."""
    if not capabilities(connection).has("jobs", "version"):
        return ()
    version, newest = t.jobs.c.version, func.max(t.jobs.c.created_at)
    query = select(version).where(version.is_not(None)).group_by(version).order_by(newest.desc())
    return tuple(connection.scalars(query.limit(MOST_RELEASES)).all())

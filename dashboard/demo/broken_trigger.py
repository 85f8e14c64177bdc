"""A trigger of the demo, switched off for a while so that diagnostics has something to find.

The comment on the trigger says that the guided look did it. Should the process end meanwhile, whoever starts
the demo next puts it right.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Connection, Engine, text

from dashboard.demo.marker import require_demo
from feedly_core.db.engine import writing
from feedly_core.domain.contract import VARIANT_NOTIFY
from feedly_core.errors import FeedlyError

BROKEN_SECONDS = 180.0
"""Nobody leaves a demo broken: after this long the trigger works again by itself."""

_MARK = "switched off by the guided look"
_TABLE, _TRIGGER = VARIANT_NOTIFY.table, VARIANT_NOTIFY.trigger
_MARKED = text(
    "SELECT obj_description(oid, 'pg_trigger') = :mark FROM pg_trigger"
    " WHERE tgname = :trigger AND tgrelid = CAST(:table AS regclass)"
)
_log = logging.getLogger("feedly.demo")


def break_trigger(engine: Engine, *, seconds: float = BROKEN_SECONDS) -> threading.Timer:
    """Switch the variants' trigger off. Returns the timer that puts it right.

    Raises :class:`DemoRefused` on a database that is no demo: nothing is changed then.
    """
    with writing(engine) as connection:
        require_demo(connection)
        connection.execute(text(f"COMMENT ON TRIGGER {_TRIGGER} ON {_TABLE} IS '{_MARK}'"))
        connection.execute(text(f"ALTER TABLE {_TABLE} DISABLE TRIGGER {_TRIGGER}"))
    timer = threading.Timer(seconds, _restore_later, (engine,))
    timer.daemon = True
    timer.start()
    return timer


def restore_trigger(connection: Connection) -> bool:
    """Switch the trigger on again where the guided look had switched it off; whether it had."""
    require_demo(connection)
    if not connection.scalar(_MARKED, {"trigger": _TRIGGER, "table": _TABLE, "mark": _MARK}):
        return False
    connection.execute(text(f"ALTER TABLE {_TABLE} ENABLE TRIGGER {_TRIGGER}"))
    connection.execute(text(f"COMMENT ON TRIGGER {_TRIGGER} ON {_TABLE} IS NULL"))
    return True


def _restore_later(engine: Engine) -> None:
    try:
        with writing(engine) as connection:
            restore_trigger(connection)
    except FeedlyError as error:  # the next start of the demo puts it right
        _log.warning("%s", error)

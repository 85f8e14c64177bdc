"""What a driver says becomes what a person should do."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy.exc import OperationalError

from feedly_core.db.errors import translated

NOBODY_HERE = 'connection to server at "localhost" (::1), port 5432 failed: Connection refused\n'
HINT = "\tIs the server running on that host and accepting TCP/IP connections?\n"
REFUSED = 'connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  '


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (NOBODY_HERE + HINT, "cannot be reached"),
        (REFUSED + 'password authentication failed for user "x"\n', "user name or password"),
        (
            NOBODY_HERE + HINT + REFUSED + 'password authentication failed for user "x"\n',
            "user name or password",
        ),
        (NOBODY_HERE + HINT + REFUSED + 'database "feedly" does not exist\n', "not the database or user"),
        ("", "cannot be reached"),
    ],
)
def test_of_several_addresses_the_one_that_answered_counts(said: str, told: str) -> None:
    assert told in str(translated(OperationalError("connect", {}, psycopg2.OperationalError(said))))

"""Why a campaign failed is kept in no language, and told in the reader's."""

from __future__ import annotations

import json

from feedly_core.campaigns.store import error_document, read_error
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, NN_, translate, verbatim


def test_an_error_survives_the_database_and_is_told_in_korean() -> None:
    error = InvalidInput(
        N_(
            "The picture {name} cannot be used: {reason}.",
            name=verbatim("a.png"),
            reason=N_("it is animated"),
        ),
        detail=NN_("A job failed and so did {n} retry.", "A job failed and so did {n} retries.", 2),
    )
    kept = error_document(error)
    json.loads(kept)
    what, detail = read_error(kept)
    assert str(what) == "The picture a.png cannot be used: it is animated."
    assert translate(what, "ko") == translate(error.message, "ko")
    assert str(detail) == "A job failed and so did 2 retries."
    assert read_error(None) == ()

"""What forbids keeping a text that a person typed."""

from __future__ import annotations

from feedly_core.i18n import N_, NN_, Message


def text_problems(field: Message, value: str, longest: int, *, required: bool = False) -> list[Message]:
    """Why a text is unusable: empty, too long, unstorable characters."""
    if required and not value.strip():
        return [N_("The {field} is empty.", field=field)]
    if len(value) > longest:
        return [
            NN_(
                "The {field} is longer than {n} character.",
                "The {field} is longer than {n} characters.",
                longest,
                field=field,
            )
        ]
    if not _storable(value):
        return [N_("The {field} contains characters that cannot be stored.", field=field)]
    return []


def _storable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value

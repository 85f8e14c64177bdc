"""``instagram_feeds``: plain columns, only the hashtags need taking apart."""

from __future__ import annotations


def hashtags(value: object) -> tuple[str, ...]:
    """One string of tags to distinct tags, each with its ``#``, in stored order.

    Services separate them by single spaces; commas and glued tags (``#a#b``) are read as well.
    """
    if not isinstance(value, str):
        return ()
    words = value.replace(",", " ").replace("#", " #").split()
    tags = (word if word.startswith("#") else f"#{word}" for word in words)
    return tuple(dict.fromkeys(tag for tag in tags if tag != "#"))

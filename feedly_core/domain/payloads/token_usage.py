"""Tokens of a language model call, from columns or JSON, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedly_core.domain.payloads.document import Document, finite


@dataclass(frozen=True)
class TokenUsage:
    """Counts of one call; None is "not recorded", never zero."""

    prompt: int | None
    completion: int | None
    total: int | None


def read_token_usage(row: Mapping[str, object]) -> TokenUsage:
    """An ``llm_traces`` row: its columns first, then ``token_usage``, then ``response.token_usage``."""
    documents = (Document(row.get("token_usage")), Document(row.get("response")).inner("token_usage"))

    def count(key: str) -> int | None:
        stored = finite(row.get(key))
        counts = [stored, *(document.number(key, 0) for document in documents)]
        return next((round(number) for number in counts if number is not None and number >= 0), None)

    prompt, completion, total = count("prompt_tokens"), count("completion_tokens"), count("total_tokens")
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return TokenUsage(prompt, completion, total)


def cost_usd(usage: TokenUsage, prompt_price: float | None, completion_price: float | None) -> float | None:
    """USD of one call; prices are USD per million tokens.

    Unknown when a count or a price is unknown.
    """
    if usage.prompt is None or usage.completion is None or prompt_price is None or completion_price is None:
        return None
    return usage.prompt / 1e6 * prompt_price + usage.completion / 1e6 * completion_price

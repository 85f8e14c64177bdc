"""``RESULTS.md``: the figures as a person reads them, with what was missed first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figures import HERE, Figure, growth

PAGE = HERE / "RESULTS.md"
BROWSER = "browser: "
"""What the names of a browser's figures begin with."""

MEMORY = "memory: "
"""The same of what a process grows by."""

_HEAD = """# Measured figures

Made by `make bench`; `benchmarks/results.json` holds the same as data. Databases of several sizes are written
by `COPY` (three variants per job, nine evaluations, traces, forty tenants of very different size). Every
question that a page asks is asked as the page asks it, with its transaction.

Times hang on the machine and on its load, which stands at the end of each table. So compare ratios and
growth, which were measured in turns within one run, and *computed*: the processor's time in our process and
the server's, which load delays and hardly raises. Statements are without the one that sets a transaction's
limits. Above 300,000 jobs the budgets are half as much again.

*Board* is made from the hub's memory, as the pages do, and as if every job had just moved. *Just started*:
right after PostgreSQL's start, when answers still read the disk; the same questions have their budget in use.
*Contrast* is measured after the filling, job by job. After each the server rests four times as long as it
took, lest the pages feel it: so 200 ms of each second are for pictures.
"""


def write_page(figures: Sequence[Figure]) -> None:
    """Write all figures anew."""
    PAGE.write_text(page(figures), encoding="utf-8")


def page(figures: Sequence[Figure]) -> str:
    """The page's text."""
    return "\n".join(
        [
            _HEAD,
            *_missed(figures),
            *_sizes(figures),
            *_browser(figures),
            *_memory(figures),
            *_network(figures),
        ]
    )


def _missed(figures: Sequence[Figure]) -> Iterator[str]:
    missed = [one for one in figures if one.within_budget is False]
    yield "## Budgets that were missed\n"
    if not missed:
        yield "None.\n"
        return
    yield from _table("Question", "Jobs", "Slowest twentieth", "Computed", "Budget")
    for one in missed:
        times = " | ".join(map(_ms, (one.p95_ms, one.cpu_ms, one.budget_ms)))
        yield f"| {one.question} | {_where(one)} | {times} |"
    yield ""


def _sizes(figures: Sequence[Figure]) -> Iterator[str]:
    """One table per size, and how each question grows."""
    near = [one for one in figures if not one.latency_ms and one.jobs and not _of_browser(one)]
    for jobs in sorted({one.jobs for one in near}):
        here = [one for one in near if one.jobs == jobs]
        yield f"## {jobs:,} jobs\n"
        yield from _table(
            "Question", "p50", "p95", "Slowest", "Computed", "Statements", "Rows", "Budget", "To the old tool"
        )
        for one in here:
            times = " | ".join(map(_ms, (one.p50_ms, one.p95_ms, one.slowest_ms, one.cpu_ms)))
            rows = "" if one.rows is None else f"{one.rows:,}"
            yield (
                f"| {one.question} | {times} | {one.statements or ''} | {rows} |"
                f" {_ms(one.budget_ms)} | {_ratio(one)} |"
            )
        yield f"\nMeasured on: {here[-1].machine}.\n"
    yield from _growth(near)


def _growth(near: Sequence[Figure]) -> Iterator[str]:
    found = [
        (question, exponent)
        for question in dict.fromkeys(one.question for one in near)
        if not question.startswith("filling") and (exponent := growth(near, question)) is not None
    ]
    if not found:
        return
    yield "## Growth\n"
    yield "The exponent from the smallest size to the largest: 0 is flat, 1 grows as the jobs do.\n"
    yield from _table("Question", "Exponent", "")
    for question, exponent in found:
        yield f"| {question} | {exponent:.2f} | {'█' * max(0, round(20 * exponent))} |"
    yield ""


def _browser(figures: Sequence[Figure]) -> Iterator[str]:
    """What a person waits for, beside Streamlit's own floor in the same run."""
    found = [one for one in figures if _of_browser(one)]
    if not found:
        return
    yield "## In the browser\n"
    yield (
        "Made by `make bench-browser` and `make bench-live`. *Floor* is an empty Streamlit page and an empty"
        " fragment on the same machine in the same run; switching a page may take 250 ms more. *Few* jobs"
        " are the demo's, or those of a database of the measurement's own.\n"
    )
    yield from _table("What", "Jobs", "p50", "p95", "Slowest", "Budget", "Bytes", "Requests")
    for one in found:
        times = " | ".join(map(_ms, (one.p50_ms, one.p95_ms, one.slowest_ms, one.budget_ms)))
        received = "" if one.bytes is None else f"{one.bytes:,}"
        asked = "" if one.requests is None else one.requests
        yield f"| {one.question.removeprefix(BROWSER)} | {_where(one)} | {times} | {received} | {asked} |"
    yield f"\nMeasured on: {found[-1].machine}.\n"


def _memory(figures: Sequence[Figure]) -> Iterator[str]:
    found = [one for one in figures if one.memory is not None]
    if not found:
        return
    yield "## Memory\n"
    yield (
        "Resident memory by which processes grew, and how long it took (`make bench-browser`, and `make soak`"
        " for half an hour).\n"
    )
    yield from _table("What", "Grew by", "Took")
    for one in found:
        grew = f"{(one.memory or 0) / 2**20:.1f} MB"
        yield f"| {one.question.removeprefix(MEMORY)} | {grew} | {_ms(one.p50_ms)} |"
    yield f"\nMeasured on: {found[-1].machine}.\n"


def _where(one: Figure) -> str:
    """Zero jobs are the demo, or a database of the measurement's own."""
    return f"{one.jobs:,}" if one.jobs else "few"


def _of_browser(one: Figure) -> bool:
    return one.question.startswith(BROWSER)


def _network(figures: Sequence[Figure]) -> Iterator[str]:
    """Ours by the old tool's, per latency: round trips decide."""
    compared = [one for one in figures if one.ratio_to_old_tool is not None]
    latencies = sorted({one.latency_ms for one in compared})
    if not compared:
        return
    yield "## Beside the old tool\n"
    yield "Our median by the old tool's, in turns on the same link; the latency is added each way.\n"
    yield from _table("What", "Jobs", *(f"+{latency:g} ms" for latency in latencies))
    for question, jobs in dict.fromkeys((one.question, one.jobs) for one in compared):
        ratios = {
            one.latency_ms: _ratio(one) for one in compared if (one.question, one.jobs) == (question, jobs)
        }
        cells = " | ".join(ratios.get(latency, "") for latency in latencies)
        yield f"| {question} | {f'{jobs:,}' if jobs else ''} | {cells} |"
    yield ""
    yield "## The pages over a network\n"
    pages = [one for one in figures if one.latency_ms and one.ratio_to_old_tool is None]
    yield from _table("Question", "Jobs", "Added each way", "p50", "p95", "Statements", "Bytes")
    for one in pages:
        yield (
            f"| {one.question} | {one.jobs:,} | {one.latency_ms:g} ms | {_ms(one.p50_ms)} |"
            f" {_ms(one.p95_ms)} | {one.statements} | {'' if one.bytes is None else f'{one.bytes:,}'} |"
        )
    yield ""


def _table(*titles: str) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"


def _ratio(one: Figure) -> str:
    return "" if one.ratio_to_old_tool is None else f"{one.ratio_to_old_tool:.2f}"


def _ms(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value / 1000:,.0f} s" if value >= 20_000 else f"{value:,.1f} ms"

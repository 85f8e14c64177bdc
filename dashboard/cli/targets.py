"""Commands ``targets``, ``add-target`` and ``remove-target``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from dashboard.cli.session import session
from dashboard.output import print_json, say
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, verbatim
from feedly_core.targets.budget import Budget, Measure, NewTarget, target_words
from feedly_core.targets.figures import budgets
from feedly_core.targets.store import add_target, list_targets, remove_target


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("targets")(show)
    app.command("add-target")(add)
    app.command("remove-target")(remove)


def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Targets over four weeks: compliance, error budget, burn rates.

    Ends with code 1 where a target is missed.
    """
    with session() as feedly, reading(feedly.engine) as connection:
        known = list_targets(connection)
        source = variant_source(connection, datetime.now(UTC)) if known else None
        found = budgets(connection, source, known) if source else {}
    if as_json:
        lines = [_document(key, target, found[key]) for key, target in known.items()]
        print_json(lines)
    else:
        if not known:
            say(N_("There is no target yet"))
        for key, target in known.items():
            _print(key, target, found[key])
    if any(budget.met is False for budget in found.values()):
        raise typer.Exit(1)


def add(
    measure: Annotated[Measure, typer.Argument(help="What must do well.")],
    share: Annotated[float, typer.Argument(help="Percent wanted, such as 95.")],
    within: Annotated[float | None, typer.Option("--within", help="Seconds, for job_time.")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Of one tenant alone.")] = None,
) -> None:
    """Set a target."""
    new = NewTarget(measure, share / 100, within, tenant)
    with session(write=True) as feedly:
        target_id = add_target(feedly.engine, feedly.settings, feedly.person, new)
    say(N_("{id}: {target}", id=target_id, target=target_words(new)))


def remove(target_id: Annotated[int, typer.Argument(help="As targets prints it.")]) -> None:
    """Remove a target."""
    with session(write=True) as feedly:
        remove_target(feedly.engine, feedly.settings, feedly.person, target_id)


def _print(key: int, target: NewTarget, budget: Budget) -> None:
    short, long = (_written(rate, "×", 1) for rate in budget.burn_rates)
    say(N_("{id}: {target}", id=key, target=target_words(target)))
    say(
        N_(
            "   {tenant} · {share} of {total} · budget left {left} · burn rate {short} (1 h), {long} (6 h)",
            tenant=verbatim(target.tenant or "–"),
            share=_written(budget.whole.share, "%", 100),
            total=budget.whole.total,
            left=_written(budget.left, "%", 100),
            short=short,
            long=long,
        )
    )


def _written(value: float | None, unit: str, times: int) -> str:
    return "–" if value is None else f"{times * value:.1f}{unit}"


def _document(key: int, target: NewTarget, budget: Budget) -> dict[str, object]:
    return {
        "target_id": key,
        "measure": target.measure.value,
        "wanted": target.share,
        "within_s": target.within_s,
        "tenant": target.tenant,
        "good": budget.whole.good,
        "total": budget.whole.total,
        "compliance": budget.whole.share,
        "budget_left": budget.left,
        "burn_rate_1h": budget.burn_rates[0],
        "burn_rate_6h": budget.burn_rates[1],
    }

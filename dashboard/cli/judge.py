"""``feedlyai judge``: is the AI judge right, and which limits agree with people?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.domain.scores import Limit
from feedly_core.i18n import N_, Message, translate
from feedly_core.reviews.figure_words import false_alarm_sentence, judge_sentence, kappa, share
from feedly_core.reviews.judge import Comparison, JudgeReport, Slice, judge_report, judge_slices
from feedly_core.reviews.judged_pictures import judged_pictures
from feedly_core.reviews.limit_tuning import TUNED, ScoreVerdicts, score_verdicts
from feedly_core.reviews.limits import limits_in_force, use_limit
from feedly_core.reviews.questions import QUESTION_LABELS, reasons_by_question
from feedly_core.reviews.rulings import rulings

_Tenant = Annotated[str | None, typer.Option(help="Only this tenant's pictures.")]
_Days = Annotated[int | None, typer.Option(min=1, help="Only pictures of the last so many days.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands ``judge``, ``limits`` and ``use-limit``."""
    app.command("judge")(judge)
    app.command("limits")(show_limits)
    app.command("use-limit")(set_limit)


def judge(
    tenant_id: _Tenant = None,
    days: _Days = None,
    by: Annotated[Slice | None, typer.Option(help="Split the figures.")] = None,
    as_json: _Json = False,
) -> None:
    """Hold the AI judge against people's verdicts, as a whole and question by question."""
    filters = _filters(tenant_id, days)
    with session() as here, reading(here.engine) as connection:
        pictures = judged_pictures(connection, variant_source(connection, datetime.now(UTC)), filters)
        reasons = reasons_by_question(connection)
        ruled = rulings(connection, pictures)
    found = judge_report(pictures, reasons)
    slices = judge_slices(pictures, reasons, by, here.settings.zone) if by else ()
    if as_json:
        document = {
            "sentence": translate(judge_sentence(found.whole.figures), language()),
            **asdict(found),
            "by": {name: asdict(figures) for name, figures in slices},
            "rulings": sum(len(told) for told in ruled.values()),
        }
        print_json(document)
        return
    _print(found)
    for name, figures in slices:
        say(f"{name}: {translate(judge_sentence(figures), language())}")


def show_limits(tenant_id: _Tenant = None, days: _Days = None, as_json: _Json = False) -> None:
    """Show each score's limit, and the one that agrees best with people, cross-validated over jobs."""
    filters = _filters(tenant_id, days)
    with session() as here, reading(here.engine) as connection:
        pictures = judged_pictures(connection, variant_source(connection, datetime.now(UTC)), filters)
        known = limits_in_force(connection, here.settings)
    found = {name: _limit(score_verdicts(pictures, name), known.get(name)) for name in TUNED}
    if as_json:
        print_json(found)
        return
    titles = (N_("Score"), N_("Limit now"), N_("Best limit"))
    table = Table(*(_word(title) for title in titles), "n")
    for name, one in found.items():
        best = one["best"]["limit"]
        good = one["limit"]["good"] if one["limit"] else "–"
        value = "–" if best["value"] is None else f"{best['value']:.3g}"
        table.add_row(name, str(good), value, str(best["n"]))
    Console().print(table)


def set_limit(
    score: Annotated[str, typer.Argument(help="Name of the score, as `feedlyai limits` shows it.")],
    good: Annotated[
        float | None, typer.Argument(help="Limit of pass; without it that of the settings.")
    ] = None,
) -> None:
    """Store the limit of a score for every page, command and notebook."""
    with session(write=True) as here:
        limit = use_limit(here.engine, here.settings, here.person, score, good)
    say(N_("{name} now passes at {limit}.", name=score, limit="–" if limit is None else f"{limit.good:g}"))


def _limit(held: ScoreVerdicts, limit: Limit | None) -> dict[str, Any]:
    """The limit in force and the best one, each with what it would do."""
    now = asdict(held.at(limit.good)) if limit else None
    return {"limit": limit and asdict(limit), "now": now, "best": asdict(held.best())}


def _print(found: JudgeReport) -> None:
    say(judge_sentence(found.whole.figures))
    alarm = false_alarm_sentence(found.whole.figures)
    if alarm:
        say(alarm)
    titles = (N_("Question"), N_("Precision"), N_("Recall"), N_("F1"), N_("Specificity"), N_("κ"))
    table = Table(*(_word(title) for title in (*titles, N_("κ between people"), N_("Always the majority"))))
    lines: list[tuple[Message, Comparison]] = [(N_("As a whole"), found.whole)]
    lines += [(QUESTION_LABELS[question], one) for question, one in found.questions.items()]
    for title, one in lines:
        figures = one.figures
        rates = (figures.precision, figures.recall, figures.f1, figures.specificity)
        table.add_row(
            _word(title),
            *(_word(share(rate)) for rate in rates),
            _word(kappa(figures.kappa)),
            _word(kappa(one.ceiling)),
            _word(share(figures.majority)),
        )
    Console().print(table)


def _filters(tenant_id: str | None, days: int | None) -> PictureFilters:
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    return PictureFilters(tenant=tenant_id, since=since)


def _word(text: Message) -> str:
    return translate(text, language())

"""What a message of an alert says: what, what to do, where to look. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from feedly_core.alerts.conditions import Finding, WatchedJob
from feedly_core.alerts.course import Alert, Event
from feedly_core.alerts.rules import KINDS, Rule, RuleKind, Subject, rule_words, subject_title
from feedly_core.diagnostics.check import age_words
from feedly_core.domain.pipeline import title
from feedly_core.i18n import LANGUAGES, N_, NN_, Message, translate, verbatim
from feedly_core.saved_views.views import MOST_NEW

MOST_LINES = 5
"""Jobs or steps that a message names; of the others it says the number."""


@dataclass(frozen=True)
class Content:
    """A message in the language of its rule.

    ``headline``: why it is sent. ``sentence``: what is the matter. ``to_do``: the problem card's own words.
    ``lines``: what it is about. ``path``: a page of the dashboard, below its address. ``jobs``: ids of jobs
    with their tenants, the first ones. ``sheet``: id, tenant and caption of pictures of a contact sheet.
    """

    headline: str
    sentence: str
    to_do: str = ""
    lines: tuple[str, ...] = ()
    path: str = ""
    jobs: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    sheet: tuple[tuple[str, str, str], ...] = ()

    def as_document(self) -> dict[str, Any]:
        return asdict(self)


def read_content(document: Any) -> Content:
    """What :meth:`Content.as_document` wrote. What is not of its shape is left out."""
    known: Mapping[str, Any] = document if isinstance(document, Mapping) else {}

    def text(name: str) -> str:
        return value if isinstance(value := known.get(name), str) else ""

    return Content(
        text("headline"),
        text("sentence"),
        text("to_do"),
        tuple(str(line) for line in _items(known.get("lines"))),
        text("path"),
        tuple((str(pair[0]), str(pair[1])) for pair in _items(known.get("jobs"), 2)),
        language if (language := text("language")) in LANGUAGES else LANGUAGES[-1],
        tuple((str(one[0]), str(one[1]), str(one[2])) for one in _items(known.get("sheet"), 3)),
    )


def _items(value: Any, length: int | None = None) -> list[Any]:
    """The items of a list; with ``length`` those that are lists of so many."""
    items = value if isinstance(value, list | tuple) else ()
    return [
        item for item in items if length is None or (isinstance(item, list | tuple) and len(item) == length)
    ]


EVENT_LABELS = {
    Event.OPENED: N_("New alert"),
    Event.GROWN: N_("It grows"),
    Event.REMINDER: N_("Still open"),
    Event.SOLVED: N_("Solved"),
    Event.TEST: N_("Test message"),
    Event.DIGEST: N_("Digest"),
}


def content_of(rule: Rule, alert: Alert, event: Event, finding: Finding) -> Content:
    """The message about an alert. Of a solved one ``finding`` is empty."""
    language = rule.new.language
    if event is Event.SOLVED:
        lasted = age_words(alert.lasted.total_seconds())
        sentence = N_("{what}: solved after {time}", what=rule_words(rule.new), time=lasted)
        return Content(
            _said(EVENT_LABELS[event], language),
            _said(sentence, language),
            path=_path(rule, ()),
            language=language,
        )
    jobs = finding.jobs[:MOST_LINES]
    about = [*map(_line, jobs), *map(title, finding.names), *finding.lines]
    lines = about[:MOST_LINES]
    more = max(len(finding.jobs), len(about)) - len(lines)
    if more > 0:
        lines.append(N_("and {n} more", n=more))
    return Content(
        _said(EVENT_LABELS[event], language),
        _said(_SENTENCES[rule.kind](rule, finding), language),
        _said(_to_do(rule, finding), language),
        tuple(_said(line, language) for line in lines),
        finding.path or _path(rule, jobs),
        tuple((str(job.job_id), job.tenant) for job in jobs),
        language,
    )


def trial_content(name: str, language: str) -> Content:
    """A message that only proves that its channel works."""
    return Content(
        _said(EVENT_LABELS[Event.TEST], language),
        _said(N_("{name} has tried whether this channel works. It does.", name=name), language),
        path="/trigger_diagnostics?view=alerts",
        language=language,
    )


def _said(message: Message, language: str) -> str:
    return translate(message, language)


def _line(job: WatchedJob) -> Message:
    what = job.problems[0].message if job.problems else verbatim(job.state.value)
    return N_("Job {job} ({tenant}): {what}", job=str(job.job_id)[:8], tenant=job.tenant or "–", what=what)


def _path(rule: Rule, jobs: tuple[WatchedJob, ...]) -> str:
    if len(jobs) == 1:
        return f"/live_monitor?{urlencode({'job': jobs[0].job_id})}"
    named = _PATHS.get(rule.kind)
    if named is not None:
        return named
    return "/live_monitor" if KINDS[rule.kind].about_jobs else "/trigger_diagnostics"


_PATHS = {
    RuleKind.SCORE_MEDIAN: "/trends",
    RuleKind.COST: "/trends",
    RuleKind.BURN_RATE: "/trends",
    RuleKind.GATE_REGRESSED: "/review?view=release",
    RuleKind.VIEW_MATCHES: "/results",
}


def _new_pictures(view: str, count: int) -> Message:
    if count > MOST_NEW:
        return NN_(
            "{name} has more than {n} new picture",
            "{name} has more than {n} new pictures",
            MOST_NEW,
            name=verbatim(view),
        )
    return NN_("{name} has {n} new picture", "{name} has {n} new pictures", count, name=verbatim(view))


def _to_do(rule: Rule, finding: Finding) -> Message:
    for job in finding.jobs:
        if job.problems:
            return job.problems[0].detail
    return _TO_DO[rule.kind]


_LOOK = N_("Open the live monitor: each job says what is wrong and what helps.")
_CHECK = N_("Open the diagnostics page: the first broken link is named, with what repairs it.")
_TO_DO = {
    RuleKind.JOB_FAILED: _LOOK,
    RuleKind.JOB_STUCK: _LOOK,
    RuleKind.RETRIES_USED_UP: _LOOK,
    RuleKind.FAILURE_SHARE: _LOOK,
    RuleKind.NOTHING_FINISHED: _CHECK,
    RuleKind.SLOW_STEP: N_("Look whether the service is overloaded, or its model has changed."),
    RuleKind.HUB_DOWN: _CHECK,
    RuleKind.NO_LISTENER: _CHECK,
    RuleKind.SCORE_MEDIAN: N_("Look at the worst pictures of that time: the gallery sorts by this score."),
    RuleKind.COST: N_("Look at the trends: which day, tenant or release costs most?"),
    RuleKind.CHECK_FAILED: _CHECK,
    RuleKind.GATE_REGRESSED: N_("Compare the broken cases before the release goes out."),
    RuleKind.BURN_RATE: N_("Look at the jobs that spent the budget: the trends show them as pictures."),
    RuleKind.VIEW_MATCHES: N_("Look at the new pictures: opening the view marks them as seen."),
    RuleKind.DIGEST: _LOOK,
    RuleKind.DATABASE_LOST: N_("Look whether the server runs and the network leads there."),
}
_SENTENCES: dict[RuleKind, Callable[[Rule, Finding], Message]] = {
    RuleKind.JOB_FAILED: lambda rule, found: NN_("{n} job has failed", "{n} jobs have failed", found.size),
    RuleKind.JOB_STUCK: lambda rule, found: NN_("{n} job is stuck", "{n} jobs are stuck", found.size),
    RuleKind.RETRIES_USED_UP: lambda rule, found: NN_(
        "{n} job has no automatic retries left", "{n} jobs have no automatic retries left", found.size
    ),
    RuleKind.FAILURE_SHARE: lambda rule, found: N_(
        "{percent}% of the jobs that ended in the last {n} minutes failed",
        percent=f"{found.figure or 0:.0f}",
        n=rule.new.window_minutes,
    ),
    RuleKind.NOTHING_FINISHED: lambda rule, found: N_(
        "No job finished for {n} minutes, and {waiting} are waiting",
        n=f"{found.figure or 0:.0f}",
        waiting=len(found.jobs),
    ),
    RuleKind.SLOW_STEP: lambda rule, found: N_(
        "{step} takes {seconds} s (p95), the limit is {limit} s",
        step=title(found.names[0]),
        seconds=f"{found.figure or 0:.0f}",
        limit=f"{rule.new.threshold:g}",
    ),
    RuleKind.HUB_DOWN: lambda rule, found: N_(
        "The dashboard has received no events for {n} minutes", n=f"{found.figure or 0:.0f}"
    ),
    RuleKind.SCORE_MEDIAN: lambda rule, found: N_(
        "{score}: the median of the last {n} minutes is {value}, the limit is {limit}",
        score=subject_title(Subject.SCORE, rule.new.subject),
        n=rule.new.window_minutes,
        value=f"{found.figure or 0:.3g}",
        limit=f"{rule.new.threshold:g}",
    ),
    RuleKind.COST: lambda rule, found: N_(
        "{percent}% of the budget of {period} is spent: {spent} of {budget} USD",
        percent=f"{100 * (found.figure or 0) / rule.new.threshold:.0f}",
        period=subject_title(Subject.PERIOD, rule.new.subject),
        spent=f"{found.figure or 0:.2f}",
        budget=f"{rule.new.threshold:g}",
    ),
    RuleKind.CHECK_FAILED: lambda rule, found: NN_(
        "{n} diagnostics check is broken", "{n} diagnostics checks are broken", found.size
    ),
    RuleKind.GATE_REGRESSED: lambda rule, found: N_(
        "The newest run of {name} breaks what was approved", name=rule.new.subject
    ),
    RuleKind.BURN_RATE: lambda rule, found: NN_(
        "The error budget of {n} target burns {rate} times as fast as it may",
        "The error budget of {n} targets burns up to {rate} times as fast as it may",
        found.size,
        rate=f"{found.figure or 0:.1f}",
    ),
    RuleKind.VIEW_MATCHES: lambda rule, found: _new_pictures(rule.new.subject, found.size),
    RuleKind.DIGEST: lambda rule, found: N_("Digest"),
    RuleKind.DATABASE_LOST: lambda rule, found: N_(
        "The dashboard has not reached the database for {n} minutes", n=f"{found.figure or 0:.0f}"
    ),
    RuleKind.NO_LISTENER: lambda rule, found: NN_(
        "No service listens on {n} channel", "No service listens on {n} channels", found.size
    ),
}

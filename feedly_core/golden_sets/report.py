"""The release check as files: one HTML page with its pictures inside, and a JUnit document. Pure.

Whatever the database says is escaped; characters that XML forbids are left out.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from uuid import UUID

from feedly_core.domain.scores import COMPARED, SCORES, Limits, write_score
from feedly_core.golden_sets.cases import CasePicture, CaseResult
from feedly_core.golden_sets.facts import fact_words
from feedly_core.golden_sets.gate import (
    CASE_WORDS,
    MEANING_WORDS,
    GateAnswer,
    Meaning,
    sentence,
)
from feedly_core.golden_sets.release_check import ReleaseCheck
from feedly_core.golden_sets.sets import GoldenOrder
from feedly_core.i18n import N_, Message, translate

Pictures = Mapping[UUID, bytes]
"""Small pictures (WebP) of the results, by asset id."""

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BAD = {Meaning.BROKEN, Meaning.MISSING, Meaning.RUNNING}


@dataclass(frozen=True)
class Paper:
    """What a report is written from.

    ``judged``: the gate's answer. ``pictures`` of the results; ``inputs``: small copies of the orders' own
    pictures, by digest.
    """

    check: ReleaseCheck
    release: str
    judged: GateAnswer
    known: Limits
    today: date
    pictures: Pictures
    inputs: Mapping[str, bytes]
    language: str

    def say(self, text: Message) -> str:
        return translate(text, self.language)

    @property
    def title(self) -> str:
        golden = self.check.golden
        return self.say(
            N_("Release check of {name}, version {version}", name=golden.name, version=golden.version)
        )

    @property
    def answer(self) -> str:
        return self.say(sentence(self.judged, self.check.golden.name, self.release))

    def why(self, order: GoldenOrder) -> list[str]:
        """What the case means, and what speaks for it, a sentence each."""
        case = self.check.case(self.release, order.case_id)
        lines = [self.say(MEANING_WORDS[self.judged.meanings[order.case_id]])]
        known = self.check.known.get(order.case_id)
        if known is not None and known.holds(self.today):
            told = N_(
                "Known until {day} ({person}): {reason}",
                day=known.until.isoformat(),
                person=known.person,
                reason=known.reason,
            )
            lines.append(self.say(told))
        if case.failed_jobs:
            lines.append(self.say(N_("{n} jobs failed.", n=case.failed_jobs)))
        return lines + [line for picture in case.pictures for line in picture_lines(picture, self.language)]


def picture_lines(picture: CasePicture, language: str) -> list[str]:
    """The facts that a picture lacks, a sentence each."""
    named = N_("Variant {n}", n=picture.card.variant or 0)
    broken, unproved = N_("{variant} does not hold: {fact}"), N_("{variant} does not record: {fact}")
    found = [(broken, fact) for fact in picture.broken] + [(unproved, fact) for fact in picture.unproved]
    return [
        translate(replace(words, values={"variant": named, "fact": fact_words(fact)}), language)
        for words, fact in found
    ]


def as_html(paper: Paper) -> str:
    """One self-contained page: no script, nothing loaded."""
    title = escape(paper.title)
    orders = "".join(_section(paper, order) for order in paper.check.golden.orders)
    return (
        f'<!doctype html><html lang="{escape(paper.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_CSS}</style></head><body><h1>{title}</h1>"
        f"<p><strong>{escape(paper.answer)}</strong></p>{orders}</body></html>"
    )


def as_junit(paper: Paper) -> str:
    """One test case per order: a broken one is a failure, a missing one an error, an open one skipped."""
    cases = "".join(_junit_case(paper, order) for order in paper.check.golden.orders)
    counts = paper.judged.counts
    errors = counts[Meaning.MISSING] + counts[Meaning.RUNNING]
    skipped = counts[Meaning.UNDECIDED] + counts[Meaning.NEVER_APPROVED] + counts[Meaning.KNOWN]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="{_xml(paper.check.golden.name)}" tests="{len(paper.judged.meanings)}"'
        f' failures="{counts[Meaning.BROKEN]}" errors="{errors}" skipped="{skipped}">{cases}</testsuite>\n'
    )


def _junit_case(paper: Paper, order: GoldenOrder) -> str:
    found = paper.judged.meanings[order.case_id]
    tag = {Meaning.BROKEN: "failure", Meaning.MISSING: "error", Meaning.RUNNING: "error"}.get(
        found, "skipped"
    )
    first, *more = paper.why(order)
    body = f'<{tag} message="{_xml(first)}">{_xml(chr(10).join(more))}</{tag}>'
    name = _xml(f"{order.position + 1}. {order.description}")
    inside = "" if found is Meaning.GOOD else body
    return f'<testcase classname="{_xml(paper.release)}" name="{name}">{inside}</testcase>'


def _section(paper: Paper, order: GoldenOrder) -> str:
    case = paper.check.case(paper.release, order.case_id)
    found = paper.judged.meanings[order.case_id]
    shown, baseline = case.shown, paper.check.approved.get(order.case_id)
    result = paper.pictures.get(shown.card.finished_id) if shown else None
    before = N_("Approved under {release}", release=baseline.release) if baseline else N_("No baseline")
    figures = "".join(
        _figure(content, paper.say(words))
        for content, words in (
            (paper.inputs.get(order.digest), N_("Picture of the order")),
            (baseline.thumbnail if baseline else None, before),
            (result, N_("Now: {state}", state=CASE_WORDS[case.state])),
        )
    )
    lines = "".join(f"<li>{escape(line)}</li>" for line in (*paper.why(order), *_figures(paper, case)))
    look = "bad" if found in _BAD else "good" if found is Meaning.GOOD else "open"
    return (
        f'<section class="{look}"><h2>{order.position + 1}. {escape(order.description)}</h2>'
        f"<div>{figures}</div><ul>{lines}</ul></section>"
    )


def _figures(paper: Paper, case: CaseResult) -> list[str]:
    shown = case.shown
    if shown is None:
        return []
    card = shown.card
    parts = [
        f"{paper.say(SCORES[name].title)} "
        + write_score(name, card.scores[name], paper.known, large_text=card.large_text)
        for name in COMPARED
        if card.scores.get(name) is not None
    ]
    return [" · ".join(parts)] if parts else []


def _figure(content: bytes | None, words: str) -> str:
    image = (
        f'<img alt="" src="data:image/webp;base64,{b64encode(content).decode()}">'
        if content
        else '<div class="none">–</div>'
    )
    return f"<figure>{image}<figcaption>{escape(words)}</figcaption></figure>"


def _xml(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text), quote=True)


_CSS = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,'Noto Sans KR',sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
section{border:1px solid #8886;border-left:6px solid #7d8a8f;border-radius:8px;padding:0 1rem;margin:1rem 0}
section.bad{border-left-color:#d64545}section.good{border-left-color:#2e8b57}
section div{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;width:10rem}figure img{width:100%;height:10rem;object-fit:contain}
.none{height:10rem;display:flex;align-items:center;justify-content:center;border:1px dashed #8886}
figcaption{font-size:.85rem}
h1{font-size:1.5rem}h2{font-size:1.05rem}
"""

"""The planner's choice in sentences: certainty, steps, possible other winners."""

from __future__ import annotations

from feedly_core.i18n import N_, NN_, Message, verbatim
from feedly_core.results.attribution import Attribution, Certainty, Used
from feedly_core.results.planner_choice import Choice, Outcome
from feedly_core.results.report_types import VariantReport

CERTAINTY_LABELS = {
    Certainty.EXACT: N_("exact"),
    Certainty.BY_PICTURE: N_("by picture"),
    Certainty.SHARED: N_("not exactly attributable"),
    Certainty.NONE: N_("nothing recorded"),
}

GROUP_LABELS = {
    "max_size": N_("largest box"),
    "top": N_("top"),
    "bottom": N_("bottom"),
    "left": N_("left"),
    "right": N_("right"),
    "center": N_("middle"),
    "other": N_("other"),
}

_OUTCOMES = {
    Outcome.NOTHING: N_("There was no candidate."),
    Outcome.ONLY_ONE: N_("There was one candidate: it is taken as it is."),
    Outcome.ALL_COVER: N_("All candidates cover a forbidden area: the first of the list is taken."),
    Outcome.FORCED: N_("The text has 100 characters or more: the largest box is forced."),
    Outcome.CLEAR: N_("The best group leads clearly: it is taken."),
}


def used_words(planner: Attribution) -> Message:
    """Where the text was drawn, in one sentence."""
    if planner.used is Used.PROPOSAL and planner.item is not None:
        return N_(
            "The text was drawn on box {number}, {source}.",
            number=planner.item.index + 1,
            source=planner.item.source,
        )
    if planner.used is Used.DEFAULT:
        return N_("The text was drawn on the default rectangle: the overlay step found no planner box.")
    if planner.used is Used.ELSEWHERE:
        return N_("The text lies on no box of this planner run.")
    return N_("Where the text was drawn is not recorded.")


def steps(choice: Choice) -> tuple[Message, ...]:
    """The rule as it was applied, in order."""
    told: list[Message] = []
    if choice.outcome not in {Outcome.NOTHING, Outcome.ONLY_ONE, Outcome.ALL_COVER}:
        told.append(
            NN_(
                "{n} candidate is dropped because it covers a forbidden area: {names}.",
                "{n} candidates are dropped because they cover a forbidden area: {names}.",
                len(choice.dropped),
                names=", ".join(f"{item.source} {item.occlusion_iou:.2f}" for item in choice.dropped),
            )
            if choice.dropped
            else N_("No candidate covers a forbidden area.")
        )
        told.append(
            NN_(
                "The rest forms {n} group by name; the best score of each goes on.",
                "The rest forms {n} groups by name; the best score of each goes on.",
                len(choice.contenders),
            )
        )
        for contender in choice.contenders:
            for adjustment in contender.adjustments:
                told.append(
                    N_(
                        "{group}: {amount}, because {reason}.",
                        group=GROUP_LABELS[contender.group],
                        amount=f"{adjustment.amount:+.2f}",
                        reason=adjustment.reason,
                    )
                )
    told.append(_OUTCOMES.get(choice.outcome) or _drawn(choice))
    return tuple(told)


def would_another_have_won(variant: VariantReport) -> Message:
    """One sentence: was this choice bound to happen?"""
    choice, planner = variant.choice, variant.planner
    if choice is None or planner.used is Used.UNKNOWN:
        return N_("Not known: the planner run or the place of the text is missing.")
    if planner.used is not Used.PROPOSAL or planner.item is None:
        return N_("None of these boxes was used, so none of them won.")
    likely = choice.contenders[0]
    mine = choice.probability(planner.item)
    if choice.outcome is Outcome.DRAWN:
        others = [item for item in choice.contenders if item.proposal != planner.item]
        rival = max(others, key=lambda item: item.probability)
        return N_(
            "Quite possibly: this box was drawn by chance with {mine}; {rival} had {theirs}.",
            mine=_percent(mine),
            rival=verbatim(rival.proposal.source),
            theirs=_percent(rival.probability),
        )
    if mine == 1.0:
        return N_("No: by the rule this box always wins.")
    return N_(
        "By the rule {likely} should have won: the text or the candidates were different then.",
        likely=verbatim(likely.proposal.source),
    )


def _drawn(choice: Choice) -> Message:
    return N_(
        "No group leads clearly: one is drawn by chance, better scores more often (temperature {heat}).",
        heat=choice.temperature,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"

"""The words of the two components, in the viewer's language."""

from __future__ import annotations

from feedly_core.reviews.verdicts import VERDICT_LABELS
from pages.shared.language import _


def stage_words() -> dict[str, str]:
    """Of the judging stage.

    ``{judged}``, ``{total}`` and ``{n}`` are filled in by the browser.
    """
    return {
        **{verdict.value: _(word) for verdict, word in VERDICT_LABELS.items()},
        "count": _("{judged} of {total} judged", judged="{judged}", total="{total}"),
        "saving": _("Saving {n} …", n="{n}"),
        "saved": _("All saved"),
        "unkept": _("This browser keeps nothing: leave the tab open until all is saved."),
        "comment": _("Comment (goes with your verdict)"),
        "note": _("What is here?"),
        "remove": _("Remove the mark"),
        "mark_hint": _("Click for a point, drag for a box"),
        "swipe_hint": _("Swipe the picture: right approves, left rejects."),
        "large": _("See it large"),
        "blind": _("Scores stay hidden until your verdict is in."),
        "before": _("Without text"),
        "variant": _("Variant"),
        "job": _("Open the job"),
        "last": _("Just judged"),
        "undo": _("Undo"),
        "end": _("That was the last one"),
        "nothing": _("Nothing left for you to judge"),
        "help": _("Keys"),
        "help_verdict": _("Approve, needs work, reject"),
        "help_move": _("Previous and next picture"),
        "help_flip": _("With and without text"),
        "close": _("Close"),
    }


def screen_words() -> dict[str, str]:
    """Of the presentation."""
    return {
        **{verdict.value: _(word) for verdict, word in VERDICT_LABELS.items()},
        "reasons": _("Reasons and comment"),
        "comment": _("Comment (goes with your verdict)"),
        "team_verdict": _("Decision of the team"),
        "own_verdict": _("Your own verdict"),
        "votes": _("Verdicts given"),
        "undo": _("Undo"),
        "pins": _("Marks"),
        "minutes": _("Minutes"),
        "this_picture": _("This picture"),
        "meeting": _("Meeting"),
        "up": _("Move up"),
        "down": _("Move down"),
        "take_off": _("Remove"),
        "edit": _("Add pictures"),
        "scores": _("Scores"),
        "agenda": _("Agenda"),
        "leave": _("Leave"),
        "end": _("End the meeting"),
        "end_ask": _("End the meeting for everybody?"),
        "undecided": _("Without a decision: {numbers}", numbers="{numbers}"),
        "all_decided": _("Every picture has a decision."),
        "end_note": _("The end can be taken back for ten minutes."),
        "go_on": _("Go on"),
        "reopen": _("Take the end back"),
        "join": _("Join"),
        "join_note": _("Open this on another device; everybody signs in as usual."),
        "voters": _("Verdicts given: {n}, hidden until you have judged", n="{n}"),
        "voters_shown": _("Verdicts given: {n}, hidden until the decision", n="{n}"),
        "show_votes": _("Show them"),
        "ended": _("The meeting has ended."),
        "following": _("You follow {name}.", name="{name}"),
        "presenting": _("You present."),
        "saving": _("Saving {n} …", n="{n}"),
        "saved": _("All saved"),
        "unkept": _("This browser keeps nothing: leave the tab open until all is saved."),
        "fullscreen": _("Full screen"),
    }

"""What components have told, as session state shows it.

Streamlit makes a class of its own each time such a value is looked at, several times for each component in
every run, and keeps the last ones for as long as the session lives. They were most of the garbage that a
busy server made, and a good part of what it kept of people.

Delete when Streamlit shows these values by one class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Self

from streamlit.components.v2.bidi_component import main
from streamlit.runtime.state.session_state import SessionState

_Presenter = Callable[[Any, SessionState], Any]


class Told(dict[str, Any]):
    """State and, for one run, events of a component by name; None for a name of which it told nothing."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise TypeError(f"{name}: what a component tells cannot be set")


def show_by_one_class() -> None:
    """From now on these values are of one class."""
    main.make_bidi_component_presenter = _presenter  # type: ignore[attr-defined, assignment]


def _presenter(
    aggregator_id: str, _component_id: str | None = None, _allowed: set[str] | None = None
) -> _Presenter:
    def present(base: Any, state: SessionState) -> Any:
        return Told({**_events(state, aggregator_id), **base}) if isinstance(base, dict) else base

    return present


def _events(state: SessionState, aggregator_id: str) -> dict[str, Any]:
    try:
        told = state._new_widget_state[aggregator_id]
    except KeyError:
        return {}
    events = told if isinstance(told, list) else [told]
    return {event["event"]: event.get("value") for event in events if isinstance(event, dict)}

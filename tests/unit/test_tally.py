"""What the hub counts since its start: seconds of steps, and jobs that ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from feedly_core.analytics.durations import durations
from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEP_NAMES
from feedly_core.domain.status import State
from feedly_core.live.events import Event
from feedly_core.live.state import InFlightState
from feedly_core.live.tally import STEP_SECONDS, Tally

BEGAN = datetime(2026, 7, 1, tzinfo=UTC)
CHAIN = ("img_gen", *VARIANT_STEP_NAMES)
gaps = st.lists(st.integers(0, 4_000), min_size=len(CHAIN), max_size=len(CHAIN))


def walk(job: UUID, variant: UUID, seconds: list[int]) -> list[Event]:
    at = BEGAN
    events: list[Event] = []
    for step, gap in zip(CHAIN, seconds, strict=True):
        for status in ("running", "done"):
            at += timedelta(seconds=gap if status == "done" else 0)
            events.append(Event(job, variant, step, status, at, at))
    return events


@given(
    st.lists(gaps, min_size=1, max_size=3),
    st.lists(st.integers(0, 900), min_size=2, max_size=2),
    st.randoms(),
)
def test_the_histogram_holds_what_the_durations_of_the_same_events_say(
    variants: list[list[int]], texts: list[int], rng: Random
) -> None:
    job = uuid4()
    events: list[Event] = []
    for seconds in variants:
        events += walk(job, uuid4(), seconds)
    at = max(event.seen_at for event in events)
    for step, gap in zip(TEXT_STEPS, texts, strict=True):
        at += timedelta(seconds=gap)
        events.append(Event(job, None, step.name, "done", at, at))
    events += rng.sample(events, 3)  # a notification is received twice
    events.sort(key=lambda event: event.seen_at)
    state = InFlightState()
    state.receive(events)
    done: dict[tuple[UUID, UUID | None, str | None], datetime] = {}
    for event in events:
        if event.status == "done":
            done.setdefault((event.job_id, event.variant_id, event.step), event.seen_at)
    expected = durations((*key, at) for key, at in done.items())
    found = state.tally.steps()
    assert found.keys() == expected.keys()
    for name, took in expected.items():
        assert found[name].total == sum(took)
        assert found[name].counts == (
            *(sum(one <= limit for one in took) for limit in STEP_SECONDS),
            len(took),
        )


def test_a_step_that_nobody_knows_and_one_without_a_beginning_count_nowhere() -> None:
    job, variant, state = uuid4(), uuid4(), InFlightState()
    state.receive([Event(job, variant, "overlay", "done", BEGAN, BEGAN)])
    state.receive([Event(job, variant, "dreaming", "done", BEGAN, BEGAN)])
    assert state.tally.steps() == {}


@given(st.lists(st.lists(st.sampled_from([*State, None]), min_size=4, max_size=4), min_size=1, max_size=8))
def test_a_job_counts_when_it_comes_to_its_end(looks: list[list[State | None]]) -> None:
    jobs, tally = [uuid4() for _ in range(4)], Tally()
    expected = {State.COMPLETE: 0, State.FAILED: 0}
    over = [True] * 4
    for turn, states in enumerate(looks):
        tally.look(dict(zip(jobs, states, strict=True)))
        for number, state in enumerate(states):
            ends = state in (State.COMPLETE, State.FAILED, None)
            if turn and state in expected and not over[number]:
                expected[state] += 1
            over[number] = ends
    assert tally.finished() == expected

"""A setting that nobody reads is named, with the one that was meant; its value never is."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedly_core.diagnostics.unknown_settings import unknown_settings
from feedly_core.domain.scores import DEFAULTS
from feedly_core.settings import Settings, load_settings

KNOWN = sorted(str(field.alias) for field in Settings.model_fields.values() if "FEEDLY_" in str(field.alias))


def said(environment: dict[str, str | None], **settings: str) -> str:
    return "\n".join(
        each.msgid.format(**each.values) for each in unknown_settings(load_settings(**settings), environment)
    )


@given(st.sampled_from(KNOWN), st.data())
def test_a_slip_of_one_letter_is_named_with_what_was_meant(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(len("FEEDLY_"), len(name) - 1))
    slip = name[:place] + name[place + 1 :]
    assume(slip not in KNOWN)  # FEEDLY_DEMO_SPEED without its P is FEEDLY_DEMO_SEED
    words = said({slip: "s3cret"})
    assert (
        words.startswith(f"{slip} is no setting") and f"Is {name} meant?" in words and "s3cret" not in words
    )


def test_every_setting_is_known_in_any_case() -> None:
    assert said({name: "1" for known in KNOWN for name in (known, known.lower())}) == ""
    assert said({"PATH": "/bin", "DATABASE_URL": "x", "FEEDLYX": "1"}) == ""


@pytest.mark.parametrize("entry", ["kim", "groups:staff", "group:", "kim@", "a@b@c", "kim lee@feedly.ai"])
def test_an_entry_that_fits_nobody_is_named(entry: str) -> None:
    for name in ("FEEDLY_OPERATORS", "FEEDLY_REVIEWERS", "FEEDLY_VIEWERS"):
        assert f"{name}: “{entry}”" in said({}, **{name: f"lee@feedly.ai,{entry}"})


def test_addresses_domains_and_groups_are_understood() -> None:
    assert said({}, FEEDLY_VIEWERS="kim@feedly.ai, @feedly.ai, group:staff, group:/ops/검토 팀") == ""


@given(st.text(min_size=1).filter(lambda name: name not in DEFAULTS))
def test_a_limit_of_a_score_that_there_is_not_is_named(name: str) -> None:
    given = load_settings(FEEDLY_THRESHOLDS={name: (0.5, 0.4), "contrast": (4.5, 3.0)})
    (told,) = unknown_settings(given, {})
    assert told.msgid.startswith("FEEDLY_THRESHOLDS: “{entry}” is no score.")
    assert told.values["entry"] == name[:80] and "contrast" in str(told.values["names"])

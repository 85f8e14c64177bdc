"""Who is who: from a login's claims, a trusted proxy's headers, or neither."""

from __future__ import annotations

import pytest

from dashboard.server.exposure import ExposureRefused, check_exposure, is_local
from dashboard.server.sign_in import LOCAL, person_of
from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings, load_settings

EVERY_NETWORK = "0.0.0.0"  # noqa: S104 - an address to judge, nothing listens


def team(**more: str) -> Settings:
    return load_settings(
        FEEDLY_OPERATORS="kim@feedly.example, group:pipeline",
        FEEDLY_REVIEWERS="@design.example,group:design",
        **more,
    )


def claims(email: str, **more: object) -> dict[str, object]:
    return {"is_logged_in": True, "email": email, **more}


def test_without_a_login_the_local_person_is_operator() -> None:
    assert person_of(team(), None, {}) is LOCAL


def test_with_a_login_nobody_is_anybody_before_the_sign_in() -> None:
    assert person_of(team(), {"is_logged_in": False, "email": "kim@feedly.example"}, {}) is None


@pytest.mark.parametrize(
    ("claimed", "role"),
    [
        (claims("Kim@Feedly.example"), Role.OPERATOR),
        (claims("a@b.example", groups=["pipeline"]), Role.OPERATOR),
        (claims("a@b.example", groups="design, other"), Role.REVIEWER),
        (claims("lee@design.example"), Role.REVIEWER),
        (claims("lee@notdesign.example"), Role.VIEWER),
        (claims("kim@feedly.example", email_verified=False), Role.VIEWER),
        (claims("group:pipeline"), Role.VIEWER),
        (claims("", name="Kim"), Role.VIEWER),
    ],
)
def test_the_role_follows_the_lists(claimed: dict[str, object], role: Role) -> None:
    person = person_of(team(), claimed, {})
    assert person is not None
    assert person.role is role


def test_a_list_of_viewers_keeps_everybody_else_out() -> None:
    settings = team(FEEDLY_VIEWERS="@feedly.example")
    assert person_of(settings, claims("new@feedly.example"), {}) == Person("new@feedly.example", Role.VIEWER)
    with pytest.raises(PermissionDenied, match="stranger"):
        person_of(settings, claims("stranger@other.example"), {})


def test_a_trusted_proxy_names_the_person() -> None:
    settings = team(FEEDLY_USER_HEADER="X-User", FEEDLY_GROUPS_HEADER="X-Groups")
    headers = {"X-User": "park@other.example", "X-Groups": "design"}
    assert person_of(settings, None, headers) == Person("park@other.example", Role.REVIEWER)
    assert person_of(settings, None, {"X-Groups": "pipeline"}) is None


def test_headers_mean_nothing_without_a_trusted_proxy() -> None:
    headers = {"X-User": "kim@feedly.example"}
    assert person_of(team(), {"is_logged_in": False}, headers) is None


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        (EVERY_NETWORK, False),
        ("", False),
        (None, False),
        ("192.168.0.7", False),
        ("dash.example", False),
    ],
)
def test_only_this_machine_is_local(address: str | None, local: bool) -> None:
    assert is_local(address) is local


def test_an_open_door_must_be_meant() -> None:
    with pytest.raises(ExposureRefused, match="FEEDLY_EXPOSE_WITHOUT_LOGIN"):
        check_exposure(team(), EVERY_NETWORK, has_login=False)
    check_exposure(team(), EVERY_NETWORK, has_login=True)
    check_exposure(team(), "127.0.0.1", has_login=False)
    check_exposure(team(FEEDLY_USER_HEADER="X-User"), EVERY_NETWORK, has_login=False)
    check_exposure(team(FEEDLY_EXPOSE_WITHOUT_LOGIN="1"), EVERY_NETWORK, has_login=False)

"""Who is who: from a login's claims, a trusted proxy's headers, or neither."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from dashboard.server.exposure import ExposureRefused, check_exposure, is_local
from dashboard.server.sign_in import person_of
from feedly_core.access.identity import LOCAL
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
    return {"is_logged_in": True, "email": email, "iss": "https://login.example", "sub": "7", **more}


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


@pytest.mark.parametrize(
    ("claim", "more"),
    [
        ("groups", {"groups": ["/pipeline", "/other"]}),
        ("realm_access.roles", {"realm_access": {"roles": ["pipeline"]}}),
        ("https://feedly.example/groups", {"https://feedly.example/groups": ["pipeline"]}),
        ("groups", {"groups": [{"id": 3, "name": "pipeline"}]}),
        ("groups", {"groups": "other,/pipeline"}),
    ],
)
def test_groups_match_as_usual_providers_write_them(claim: str, more: dict[str, object]) -> None:
    person = person_of(team(FEEDLY_GROUPS_CLAIM=claim), claims("a@b.example", **more), {})
    assert person is not None and person.role is Role.OPERATOR


@pytest.mark.parametrize("held", [None, 3, True, {"roles": {}}, [[], None, 5], "", "other"])
def test_who_is_not_invited_reads_which_claim_held_what(held: object) -> None:
    settings = team(FEEDLY_VIEWERS="group:pipeline", FEEDLY_GROUPS_CLAIM="realm_access.roles")
    with pytest.raises(PermissionDenied) as refused:
        person_of(settings, claims("a@b.example", realm_access={"roles": held}), {})
    assert "realm_access.roles" in str(refused.value.detail)
    assert held != "other" or "other" in str(refused.value.detail)


def test_two_people_are_never_one() -> None:
    """The same shown name, no address or the same unproven one: each still judges under a name of his own."""
    people = [
        claims("", name="Kim", sub="1"),
        claims("", name="Kim", sub="2"),
        claims("", name="Kim", sub="1", iss="https://other.example"),
        claims("kim@feedly.example", email_verified=False, sub="3"),
        claims("kim@feedly.example", email_verified=False, sub="4"),
        claims("kim@feedly.example", sub="5"),
        claims("", sub="6"),
        claims("", sub="7"),
    ]
    names = [person.name for claimed in people if (person := person_of(team(), claimed, {}))]
    assert len(set(names)) == len(people)
    again = person_of(team(), claims("KIM@feedly.example", sub="5"), {})
    assert again is not None and again.name == names[5]


def test_a_login_that_names_nobody_is_refused() -> None:
    with pytest.raises(PermissionDenied, match="does not say who you are"):
        person_of(team(), {"is_logged_in": True}, {})


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_and_groups_in_headers_arrive_as_utf8(form: Literal["NFC", "NFD"]) -> None:
    settings = load_settings(
        FEEDLY_OPERATORS="group:광고팀", FEEDLY_USER_HEADER="X-User", FEEDLY_GROUPS_HEADER="X-Groups"
    )
    sent = {"X-User": "김민지", "X-Groups": "디자인,/광고팀"}
    headers = {
        name: unicodedata.normalize(form, value).encode("utf-8").decode("latin-1")
        for name, value in sent.items()
    }
    assert person_of(settings, None, headers) == Person("김민지", Role.OPERATOR)
    assert person_of(settings, None, {"X-User": "Andr\xe9"}) == Person("André", Role.VIEWER)

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from feedly_core.database_address import AddressInvalid, driver_address, host_names, parse_address
from feedly_core.errors import SettingsInvalid
from feedly_core.settings import load_settings

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
hosts = st.lists(
    st.tuples(st.from_regex(r"[a-z][a-z0-9.-]{0,9}", fullmatch=True), st.integers(1, 65535)),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_postgresql_address_means_psycopg2(scheme: str) -> None:
    url = parse_address(f"{scheme}://u:p@h/db")
    assert url.render_as_string(hide_password=False) == "postgresql+psycopg2://u:p@h/db"


@given(user=texts, password=texts, database=texts, where=hosts)
def test_what_is_written_as_asked_reaches_libpq_unchanged(
    user: str, password: str, database: str, where: list[tuple[str, int]]
) -> None:
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    places = ",".join(f"{host}:{port}" for host, port in where)
    url = parse_address(f"postgresql://{login}@{places}/{quote(database, safe='')}")
    read = parse_dsn(driver_address(url))
    assert (read["user"], read["password"], read["dbname"]) == (user, password, database)
    assert read["host"] == ",".join(host for host, _ in where)
    assert read["port"] == ",".join(str(port) for _, port in where)
    assert host_names(url) == (", " if len(where) > 1 else "").join(host for host, _ in where)


@given(password=texts)
def test_a_password_is_read_whole_or_refused_without_a_part_of_it(password: str) -> None:
    try:
        url = parse_address(f"postgresql://u:{password}@db.example/feedlyai")
    except AddressInvalid as refused:
        assert any(sign in str(refused) for sign in "@:/?#[]%") or "space" in str(refused)
        words = [part for part in password.split() if len(part) > 4 and not part.isascii()]
        assert not any(word in str(refused) for word in words)
        return
    assert url.host == "db.example" and url.database == "feedlyai"
    assume("%" not in password)
    assert url.password == password


@pytest.mark.parametrize(
    ("password", "sign", "code"),
    [
        ("pa@ss#word", "@", "%40"),
        ("a/b", "/", "%2F"),
        ("a?b=c", "?", "%3F"),
        ("50%", "%", "%25"),
        ("a b", "space", "%20"),
    ],
)
def test_the_sign_to_write_anew_is_named_and_nothing_else(password: str, sign: str, code: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(DATABASE_URL=f"postgresql://feedly:{password}@db:5432/feedlyai")
    said = str(caught.value)
    assert "DATABASE_URL" in said and f"character {sign} " in said and code in said
    assert password not in said and "word" not in said.replace("password", "")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("?sslmod=require", "sslmod"),
        ("?application_name=mine", "application_name"),
        ("?options=-c%20statement_timeout%3D0", "statement_timeout"),
        ("?options=-csearch_path%3Dother", "search_path"),
    ],
)
def test_an_option_that_would_not_count_is_refused_by_name(options: str, named: str) -> None:
    with pytest.raises(AddressInvalid, match=named):
        parse_address(f"postgresql://h/db{options}")


def test_options_reach_the_driver_and_win_over_our_defaults() -> None:
    url = parse_address(
        "postgresql://db1:5432,db2/feedlyai?target_session_attrs=read-write&connect_timeout=9"
    )
    read = parse_dsn(driver_address(url, connect_timeout=2, application_name="ours"))
    assert read["host"] == "db1,db2" and read["port"] == "5432,"
    assert read["target_session_attrs"] == "read-write"
    assert (read["connect_timeout"], read["application_name"]) == ("9", "ours")


@pytest.mark.parametrize(
    ("address", "as_the_driver_reads_it"),
    [
        ("postgresql://u:p%40ss@h:5433/db", "postgresql://u:p%40ss@h:5433/db"),
        (
            "postgresql://u@/db?host=%2Fa%20home%2Fsockets&port=5432",
            "postgresql://u@/db?host=%2Fa%20home%2Fsockets&port=5432",
        ),
        ("postgresql://[::1]:5433/db", "postgresql://[::1]:5433/db"),
        ("postgresql://h/db?options=-c%20a%3D1", "postgresql://h/db?options=-c%20a%3D1"),
    ],
)
def test_the_driver_gets_blanks_as_it_reads_them(address: str, as_the_driver_reads_it: str) -> None:
    assert driver_address(parse_address(address)) == as_the_driver_reads_it


@pytest.mark.parametrize("address", ["postgresql:/h/db", "host=db password=geheim", "mysql://u:geheim@h/db"])
def test_another_form_is_refused(address: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        parse_address(address)
    assert "geheim" not in str(refused.value)

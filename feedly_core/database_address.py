"""Strict reader of database addresses, so that no password becomes a host.

SQLAlchemy and libpq read ``postgresql://u:pa@ss#word@db/feedlyai`` differently, and each shows or
logs what it took for the host. Here an address is one of libpq's URIs, or it is refused, naming the
character to write anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlencode

import psycopg2
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL

from feedly_core.i18n import N_, Message

_USERINFO = r"(?:[^:/?#\[\]@%\s]|%[0-9A-Fa-f]{2})"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^:/?#\[\]@,\s]*)(?::[0-9]*)?"
_ADDRESS = re.compile(
    r"(?:postgres|postgresql|postgresql\+psycopg2)://"
    rf"(?:(?P<user>{_USERINFO}*)(?::(?P<password>(?:{_USERINFO}|:)*))?@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?:/(?P<database>[^/?#@]*))?(?:\?(?P<query>[^#]*))?"
)
_QUERY = re.compile(r"\?(?:[a-z_]+=[^?#@]*)?$")
_RESERVED = "@:/?#[]%"

_OURS = {
    "application_name": N_(
        "the dashboard names its own connections, so that diagnostics can tell them apart"
    ),
    "fallback_application_name": N_(
        "the dashboard names its own connections, so that diagnostics can tell them apart"
    ),
    "replication": N_("the dashboard is no replication client"),
}
_OUR_SETTINGS = {
    "statement_timeout": N_("FEEDLY_STATEMENT_TIMEOUT_MS sets it"),
    "lock_timeout": N_("the dashboard sets it in each transaction"),
    "timezone": N_("FEEDLY_TIMEZONE sets the zone that is shown"),
    "search_path": N_("the dashboard finds the schema in which the table jobs is"),
    "default_transaction_read_only": N_("FEEDLY_READ_ONLY sets it"),
}
"""Options whose value the dashboard would overrule: refused by name rather than ignored."""


class AddressInvalid(ValueError):
    """The address cannot be used.

    ``message`` holds no part of it but single reserved characters.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def parse_address(address: str) -> URL:
    """``postgresql://user:password@host[:port][,host…]/database[?option=value]`` as psycopg2's URL.

    Several hosts become the options ``host`` and ``port``, lists with commas, which SQLAlchemy and libpq
    read alike. Raises :class:`AddressInvalid`.
    """
    scheme, separator, rest = address.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg2"}:
        raise AddressInvalid(N_("must start with postgresql://"))
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise AddressInvalid(_why_unreadable(rest))
    options = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    user, password, database = (
        unquote(part) if part else None for part in (found["user"], found["password"], found["database"])
    )
    _check_options(options)
    hosts = [_host_and_port(host) for host in found["hosts"].split(",")]
    if len(hosts) > 1:
        options |= {"host": ",".join(host for host, _ in hosts), "port": ",".join(port for _, port in hosts)}
        hosts = [("", "")]
    host, port = hosts[0]
    return URL.create(
        "postgresql+psycopg2", user, password, host or None, int(port) if port else None, database, options
    )


def driver_address(url: URL, **defaults: object) -> str:
    """The URL, password included, for psycopg2 itself.

    ``defaults`` are options where the URL has none.

    SQLAlchemy would write a blank in the query (a socket folder, options) as ``+``, which libpq takes as
    it is.
    """
    plain = url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
    query = urlencode(defaults | dict(url.query), doseq=True, quote_via=quote, safe="")
    return f"{plain}?{query}" if query else plain


def host_names(url: URL) -> str:
    """Hosts for a banner, without ports: ``db1, db2``.

    ``localhost`` where the address names none.
    """
    named = url.query.get("host", "")
    hosts = named.split(",") if isinstance(named, str) else named
    return url.host or ", ".join(host for host in hosts if host and not host.startswith("/")) or "localhost"


def _why_unreadable(rest: str) -> Message:
    """Name the first character that must be percent-encoded; only user and password are looked at."""
    before_options = _QUERY.sub("", rest) if rest.count("?") == 1 else rest
    login, at, _ = before_options.rpartition("@")
    name, _, password = login.partition(":")
    for part in (name, password):
        for sign in _wrong_signs(part):
            return N_(
                "has the character {sign} in user or password: write it as {code}",
                sign="space" if sign.isspace() else sign,
                code=quote(sign, safe=""),
            )
    if at:
        return N_("has a host, port or database name that cannot be read")
    return N_("is no address such as postgresql://user:password@host:5432/feedlyai")


def _wrong_signs(part: str) -> Iterator[str]:
    for found in re.finditer(r"%[0-9A-Fa-f]{2}|.", part, re.DOTALL):
        sign = found.group()
        if len(sign) == 1 and ((sign in _RESERVED and sign != ":") or sign.isspace()):
            yield sign


def _check_options(options: Mapping[str, str]) -> None:
    for name in options:
        if name in _OURS:
            raise AddressInvalid(
                N_("has the option {name}, which cannot be set: {why}", name=name, why=_OURS[name])
            )
        try:
            parse_dsn(f"postgresql:///?{quote(name, safe='')}=1")
        except psycopg2.Error:
            raise AddressInvalid(
                N_("has the option {name}, which PostgreSQL does not know", name=name)
            ) from None
    for name in re.findall(r"-c\s*([\w.]+)\s*=|--([\w.-]+)=", options.get("options", "")):
        setting = (name[0] or name[1]).replace("-", "_").lower()
        if setting in _OUR_SETTINGS:
            raise AddressInvalid(
                N_(
                    "has the option {name}, which cannot be set: {why}",
                    name=setting,
                    why=_OUR_SETTINGS[setting],
                )
            )


def _host_and_port(written: str) -> tuple[str, str]:
    host, colon, port = written.rpartition(":")
    if not colon or written.endswith("]"):
        host, port = written, ""
    return unquote(host.removeprefix("[").removesuffix("]")), port

"""Environment to one frozen, validated :class:`Settings`.

No other module reads the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from feedly_core.channel_settings import AlertChannel
from feedly_core.database_address import AddressInvalid, parse_address
from feedly_core.errors import SettingsInvalid
from feedly_core.i18n import N_, Message, joined, verbatim

Percent = Annotated[float, Field(ge=0, le=1)]
Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Each field is one environment variable (its alias).

    ``.env`` is read too, the environment wins.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: SecretStr | None = Field(
        None, alias="DATABASE_URL", description="FeedlyAI database; empty starts the embedded demo"
    )
    listen_database_url: SecretStr | None = Field(
        None,
        alias="LISTEN_DATABASE_URL",
        description="Direct connection for LISTEN when DATABASE_URL goes through a pooler",
    )
    assets_dir: Path | None = Field(
        None, alias="ASSETS_DIR", description="Folder that `/assets/` URLs of FeedlyAI point into"
    )
    assets_base_url: str | None = Field(
        None, alias="ASSETS_BASE_URL", description="Web server that serves `/assets/`, instead of ASSETS_DIR"
    )
    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("feedly-dashboard", appauthor=False)),
        alias="FEEDLY_HOME",
        description="Folder for the demo's database and pictures and for the thumbnail cache",
    )
    postgres_bin: Path | None = Field(
        None,
        alias="FEEDLY_POSTGRES_BIN",
        description="Folder of initdb and pg_ctl for the demo; empty takes those of the requirements",
    )
    timezone: str = Field("Asia/Seoul", alias="FEEDLY_TIMEZONE", description="Zone that times are shown in")
    read_only: bool = Field(False, alias="FEEDLY_READ_ONLY", description="1 removes every write")
    statement_timeout_ms: int = Field(
        5000, alias="FEEDLY_STATEMENT_TIMEOUT_MS", ge=100, le=600_000, description="Longest query, ms"
    )
    read_max_rows: int = Field(
        200_000, alias="FEEDLY_READ_MAX_ROWS", ge=1000, le=10_000_000, description="Most rows of one answer"
    )
    read_memory_mb: int = Field(
        200, alias="FEEDLY_READ_MEMORY_MB", ge=10, le=10_000, description="Largest answer, MB"
    )
    upload_max_mb: int = Field(
        20, alias="FEEDLY_UPLOAD_MAX_MB", ge=1, le=200, description="Largest uploaded picture, MB"
    )
    upload_max_megapixels: int = Field(
        50, alias="FEEDLY_UPLOAD_MAX_MEGAPIXELS", ge=1, le=400, description="Largest picture, megapixels"
    )
    thumbnail_cache_mb: int = Field(
        200, alias="FEEDLY_THUMBNAIL_CACHE_MB", ge=1, le=100_000, description="Disk space for thumbnails, MB"
    )
    thresholds: dict[str, tuple[float, float]] = Field(
        default_factory=dict,
        alias="FEEDLY_THRESHOLDS",
        description='Limits of pass and warn by score, as JSON: {"iou_with_food": [0.02, 0.1]}',
    )
    step_event_days: int = Field(
        30,
        alias="FEEDLY_STEP_EVENT_DAYS",
        ge=1,
        le=3650,
        description="Days that recorded step events are kept",
    )
    yh_url: str = Field("http://127.0.0.1:8011", alias="YH_URL", description="Analysis and overlay service")
    ye_url: str = Field("http://127.0.0.1:8010", alias="YE_URL", description="Image generation service")
    js_url: str = Field("http://127.0.0.1:8012", alias="JS_URL", description="Front end service")
    enable_job_state_listener: bool | None = Field(
        None,
        alias="ENABLE_JOB_STATE_LISTENER",
        description="The services' own switch; only shown by the diagnostics when it is set here",
    )
    listener_reconnect_delay: float | None = Field(
        None,
        alias="JOB_STATE_LISTENER_RECONNECT_DELAY",
        ge=0,
        description="The services' own delay, s; only shown by the diagnostics when it is set here",
    )
    allow_repair: bool = Field(
        False,
        alias="FEEDLY_ALLOW_REPAIR",
        description="1 lets an operator install missing triggers from the diagnostics page",
    )
    test_tenants: str = Field(
        "test|demo",
        alias="FEEDLY_TEST_TENANTS",
        description="Pattern (regular expression, any case) of tenant ids whose jobs may be removed",
    )
    operators: Names = Field(
        (), alias="FEEDLY_OPERATORS", description="E-mail addresses, @domains and group:NAMEs of operators"
    )
    reviewers: Names = Field((), alias="FEEDLY_REVIEWERS", description="The same for reviewers")
    viewers: Names = Field(
        (), alias="FEEDLY_VIEWERS", description="The same for viewers; empty lets everybody in who signs in"
    )
    groups_claim: str = Field(
        "groups",
        alias="FEEDLY_GROUPS_CLAIM",
        description="Claim of the login that lists a person's groups; nested ones by a path with dots",
    )
    user_header: str | None = Field(
        None,
        alias="FEEDLY_USER_HEADER",
        description="Header in which a trusted proxy names the person; it must delete it from outside",
    )
    groups_header: str | None = Field(
        None, alias="FEEDLY_GROUPS_HEADER", description="Header with the person's groups, comma-separated"
    )
    expose_without_login: bool = Field(
        False,
        alias="FEEDLY_EXPOSE_WITHOUT_LOGIN",
        description="1 lets everybody who reaches the address be operator",
    )
    metrics_token: SecretStr | None = Field(
        None,
        alias="FEEDLY_METRICS_TOKEN",
        description="Bearer token of /metrics; needed where there is a login",
    )
    public_url: str | None = Field(
        None,
        alias="FEEDLY_PUBLIC_URL",
        description="Address under which people open the dashboard; links in alerts begin with it",
    )
    alert_channels: dict[str, AlertChannel] = Field(
        default_factory=dict,
        alias="FEEDLY_ALERT_CHANNELS",
        description="Where alerts may be sent, as JSON by name; docs/alerts.md has an example of each",
    )
    alert_hosts: Names = Field(
        (),
        alias="FEEDLY_ALERT_HOSTS",
        description="Hosts of webhooks and mail servers that alerts may be sent to, comma-separated",
    )
    alert_private_hosts: Names = Field(
        (),
        alias="FEEDLY_ALERT_PRIVATE_HOSTS",
        description="The same for hosts inside the private network; they may be reached without TLS",
    )
    alert_picture_tenants: Names = Field(
        (),
        alias="FEEDLY_ALERT_PICTURE_TENANTS",
        description="Tenants whose pictures alerts may carry, where the channel has them on; empty: none",
    )
    alert_heartbeat_url: SecretStr | None = Field(
        None,
        alias="FEEDLY_ALERT_HEARTBEAT_URL",
        description="Address that gets a POST each minute while alerts are looked after, for a watcher",
    )
    log_format: Literal["text", "json"] = Field(
        "text", alias="FEEDLY_LOG_FORMAT", description="json writes one JSON object a log line"
    )
    demo_speed: float = Field(
        1.0, alias="FEEDLY_DEMO_SPEED", gt=0, le=1000, description="Speed of the simulated pipeline"
    )
    demo_seed: int = Field(
        7, alias="FEEDLY_DEMO_SEED", description="Seed of the demo's sample data and noise"
    )
    demo_disorder: Percent = Field(
        0.3, alias="FEEDLY_DEMO_DISORDER", description="Share of demo jobs that behave as wildly as real ones"
    )
    demo_trouble: Percent = Field(
        0.1, alias="FEEDLY_DEMO_TROUBLE", description="Share of demo jobs that fail, repeat or get stuck"
    )

    @field_validator(
        *("operators", "reviewers", "viewers"),
        *("alert_hosts", "alert_private_hosts", "alert_picture_tenants"),
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://dashboard.example")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("is no address such as https://dashboard.example")
        return value.rstrip("/") if value else None

    @field_validator("alert_channels")
    @classmethod
    def _usable_names(cls, value: dict[str, AlertChannel]) -> dict[str, AlertChannel]:
        if any(not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name) or name == "mailbox" for name in value):
            raise ValueError("names are small letters, digits, _ and -, and not mailbox")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError):
            raise ValueError("is no time zone name such as Asia/Seoul") from None
        return value

    @field_validator("test_tenants")
    @classmethod
    def _usable_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError("is not a regular expression") from error
        return value

    @field_validator("database_url", "listen_database_url")
    @classmethod
    def _readable_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_address(value.get_secret_value())
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def load_settings(**overrides: object) -> Settings:
    """Read the environment; ``overrides`` use the variables' names (``DATABASE_URL=...``).

    Raises :class:`SettingsInvalid` naming each bad variable, never its value.
    """
    try:
        found = Settings(**overrides)  # type: ignore[arg-type]
    except SettingsError as error:  # a value that should be JSON and is not
        field = re.search(r'field "(\w+)"', str(error))
        known = Settings.model_fields.get(field.group(1)) if field else None
        problems = [N_("{name}: {why}", name=known.alias if known else "?", why=_NO_JSON)]
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors(include_input=False, include_url=False)]
    else:
        return found
    raise SettingsInvalid(
        N_("The dashboard's settings cannot be used: {problems}", problems=joined("; ", problems)),
        hint=N_("Correct the environment variable or the line in .env, then start again."),
    )


_NO_JSON = N_("is no JSON")


def _problem(item: Mapping[str, Any]) -> Message:
    """One refused variable and why; the value is never part of it."""
    name = ".".join(str(part) for part in item["loc"])
    refused = item.get("ctx", {}).get("error")
    why = refused.message if isinstance(refused, AddressInvalid) else verbatim(item["msg"])
    return N_("{name}: {why}", name=name, why=why)

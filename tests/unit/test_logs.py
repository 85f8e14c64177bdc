"""The server's log: readable by people and machines, without passwords."""

from __future__ import annotations

import json
import logging
import sys

from dashboard.server.logs import JsonLines, TextLines, configure, log_ids
from feedly_core.diagnostics.masking import secrets_of
from feedly_core.settings import load_settings


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("feedly.pages", logging.WARNING, "file", 1, message, args, None)


def test_json_lines_carry_the_ids_of_the_page_run() -> None:
    log_ids(viewer="kim@feedly.example", job=None)
    line, other = (json.loads(JsonLines().format(record("no job %s", "7"))) for _ in range(2))
    log_ids(viewer="kim@feedly.example")
    later = json.loads(JsonLines().format(record("no job %s", "7")))
    log_ids()
    assert "request" not in json.loads(JsonLines().format(record("nobody asked")))
    assert len(line["request"]) == 8
    assert line["request"] == other["request"] != later["request"]
    assert (line["message"], line["level"], line["viewer"]) == ("no job 7", "warning", "kim@feedly.example")
    assert "job" not in line


def test_a_line_stays_one_line_whatever_the_data_says() -> None:
    line = JsonLines().format(record("%s", 'evil\n{"level": "info"}'))
    assert "\n" not in line


def test_passwords_never_reach_the_log() -> None:
    message = "cannot connect to postgresql+psycopg2://kim:hush@db/feedlyai"
    for formatter in (JsonLines(), TextLines()):
        assert "hush" not in formatter.format(record(message))
        assert "kim" in formatter.format(record(message))


def test_secrets_of_the_settings_never_reach_the_log() -> None:
    configure(
        "json",
        secrets_of(load_settings(DATABASE_URL="postgresql://kim:hu%2Fsh@db/x", FEEDLY_METRICS_TOKEN="t0k3n")),
    )
    try:
        line = JsonLines().format(record("password=hu/sh, as address hu%%2Fsh, authorization: Bearer t0k3n"))
    finally:
        configure("text")
    assert not [secret for secret in ("hu/sh", "hu%2Fsh", "t0k3n") if secret in line]


def test_an_error_keeps_its_trace() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        failed = record("unexpected")
        failed.exc_info = sys.exc_info()
    assert "ValueError: broken" in json.loads(JsonLines().format(failed))["trace"]

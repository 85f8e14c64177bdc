"""``feedlyai alerts``: rules, open alerts and messages in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.cli.ids import one_id
from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say
from feedly_core.alerts import outbox, store
from feedly_core.alerts.channels import channel_names
from feedly_core.alerts.digest import digest_content, read_digest, send_digest
from feedly_core.alerts.preview import DAYS
from feedly_core.alerts.preview import preview as replay
from feedly_core.alerts.rules import KINDS, MAILBOX, NewRule, RuleKind, check_rule, rule_words
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.documents import answers
from feedly_core.golden_sets.schedule import read_time
from feedly_core.i18n import LANGUAGES, N_, NN_, Message, translate

_Kind = Annotated[RuleKind, typer.Argument(help="What the rule looks at.")]
_Limit = Annotated[float | None, typer.Option(help="From this value on; without it the usual one.")]
_Window = Annotated[int, typer.Option("--window", help="Minutes that it looks back, where it does.")]
_Tenant = Annotated[str, typer.Option(help="Only jobs of this tenant.")]
_About = Annotated[str, typer.Option(help="Step, score, day or month, check or golden set that it is about.")]
_Rule = Annotated[str, typer.Argument(metavar="RULE", help="First characters of its id.")]
_Quiet = Annotated[str, typer.Option(help="Quiet hours, as 22:00-08:00.")]


def register(app: typer.Typer) -> None:
    """Add the commands ``alerts …``."""
    commands = typer.Typer(help="Alert rules and their messages.", no_args_is_help=True)
    for command in (list_all, messages, preview, add, pause, resume, remove, send_test, send_again):
        commands.command(command.__name__.replace("_all", "").replace("_", "-"))(command)
    app.add_typer(commands, name="alerts")
    app.command("digest")(digest)


def list_all(
    cursor: Annotated[str | None, typer.Option(help="With --json: next of the page before.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON document.")] = False,
) -> None:
    """List the rules and the open alerts."""
    with session() as here, reading(here.engine) as connection:
        if as_json:
            print_json(answers.alerts(connection, asking(here), cursor=cursor))
            return
        store.need_alerts(connection)
        rules, found = store.list_rules(connection), store.recent_alerts(connection)
        channels = channel_names(here.settings)
    table = Table(*map(_word, (N_("Rule"), N_("What it looks at"), N_("Send to"), N_("State"))))
    for rule in rules:
        state = N_("Active") if rule.active else N_("Paused")
        words = _word(rule_words(rule.new))
        table.add_row(str(rule.rule_id)[:8], escape(words), escape(rule.new.channel), _word(state))
    Console().print(table)
    for each in found:
        if each.alert.ended_at is None:
            since = each.alert.opened_at.astimezone(here.settings.zone)
            what = rule_words(each.rule.new)
            say(N_("Open since {when}: {what}", when=f"{since:%Y-%m-%d %H:%M}", what=what))
    say(N_("Channels: {names}", names=", ".join(channels)))


def messages(limit: Annotated[int, typer.Option(min=1, max=outbox.MOST_MESSAGES)] = 20) -> None:
    """List the newest messages with how far they are."""
    with session() as here, reading(here.engine) as connection:
        store.need_alerts(connection)
        found = outbox.recent_messages(connection, limit)
    words = (N_("Message"), N_("Time"), N_("State"), N_("Send to"), N_("What"))
    table = Table(*map(_word, words))
    for message in found:
        at = (message.sent_at or message.created_at).astimezone(here.settings.zone)
        state = message.state.value + (f": {message.error}" if message.error else "")
        table.add_row(
            str(message.message_id)[:8],
            f"{at:%m-%d %H:%M}",
            escape(state),
            escape(message.channel),
            escape(f"{message.content.headline}: {message.content.sentence}"),
        )
    Console().print(table)


def preview(
    kind: _Kind, limit: _Limit = None, window: _Window = 60, tenant: _Tenant = "", about: _About = "",
    quiet: _Quiet = "",
) -> None:  # fmt: skip
    """Say how often a rule would have opened in the last two weeks."""
    rule, now = _new(kind, limit, window, tenant, about, quiet, MAILBOX, LANGUAGES[0]), datetime.now(UTC)
    with session() as here, reading(here.engine) as connection:
        check_rule(rule, channel_names(here.settings))
        found = replay(connection, rule, here.settings.timezone, now)
    if found is None:
        say(N_("No history of this is recorded, so nobody can say how often it would have been sent."))
        return
    said = NN_(
        "It would have opened {n} time in the last {days} days, with {messages} messages.",
        "It would have opened {n} times in the last {days} days, with {messages} messages.",
        len(found.fired),
        days=DAYS,
        messages=found.messages,
    )
    say(said)
    for each in found.fired:
        jobs = ", ".join(str(job_id)[:8] for job_id in each.jobs[:3])
        typer.echo(f"{each.opened_at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}  {each.size}  {jobs}")


def add(
    kind: _Kind,
    limit: _Limit = None,
    window: _Window = 60,
    tenant: _Tenant = "",
    about: _About = "",
    quiet: _Quiet = "",
    channel: Annotated[str, typer.Option(help="A channel of the environment.")] = MAILBOX,
    said_in: Annotated[str, typer.Option("--language", help="ko or en.")] = LANGUAGES[0],
) -> None:
    """Make a rule. It is kept in the audit log."""
    rule = _new(kind, limit, window, tenant, about, quiet, channel, said_in)
    with session(write=True) as here:
        rule_id = store.make_rule(here.engine, here.settings, here.person, rule)
    say(N_("Rule {id} is saved.", id=str(rule_id)[:8]))


def pause(rule: _Rule) -> None:
    """Let a rule rest."""
    with session(write=True) as here:
        rule_id = _rule_id(here, rule)
        store.set_active(here.engine, here.settings, here.person, rule_id, False)
    say(N_("Rule {id} is paused.", id=str(rule_id)[:8]))


def resume(rule: _Rule) -> None:
    """Let a paused rule go on."""
    with session(write=True) as here:
        rule_id = _rule_id(here, rule)
        store.set_active(here.engine, here.settings, here.person, rule_id, True)
    say(N_("Rule {id} goes on.", id=str(rule_id)[:8]))


def remove(rule: _Rule) -> None:
    """End a rule."""
    with session(write=True) as here:
        rule_id = _rule_id(here, rule)
        store.remove_rule(here.engine, here.settings, here.person, rule_id)
    say(N_("Rule {id} is removed.", id=str(rule_id)[:8]))


def send_test(
    channel: Annotated[str, typer.Argument(help="A channel of the environment.")] = MAILBOX,
) -> None:
    """Send a test message; a running dashboard delivers it within seconds."""
    with session(write=True) as here:
        message_id = outbox.send_test(here.engine, here.settings, here.person, channel, language())
    say(N_("Message {id} waits to be sent.", id=str(message_id)[:8]))


def send_again(
    message: Annotated[str, typer.Argument(help="First characters of its id, as alerts messages shows it.")],
) -> None:
    """Try a message again that was not delivered."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            found = [each.message_id for each in outbox.recent_messages(connection, outbox.MOST_MESSAGES)]
        message_id = one_id(message, found)
        outbox.send_again(here.engine, here.settings, here.person, message_id)
    say(N_("Message {id} waits to be sent.", id=str(message_id)[:8]))


def digest(
    week: Annotated[
        bool, typer.Option("--week", help="Of the last seven days, not of the last one.")
    ] = False,
    tenant: _Tenant = "",
    channel: Annotated[str, typer.Option(help="A channel of the environment.")] = MAILBOX,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it; send nothing.")] = False,
) -> None:
    """Send a digest now: what was made, how good it was, what waits for people."""
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            found = read_digest(connection, "week" if week else "day", datetime.now(UTC), tenant)
        content = digest_content(found, language())
        if dry_run:
            typer.echo(
                "\n".join([content.headline, content.sentence, *(f"- {line}" for line in content.lines)])
            )
            return
        send_digest(here.engine, here.settings, here.person, channel, content)
    say(N_("The digest waits to be sent."))


def _new(
    kind: RuleKind, limit: float | None, window: int, tenant: str, about: str, quiet: str, channel: str,
    said_in: str,
) -> NewRule:  # fmt: skip
    threshold = KINDS[kind].usual if limit is None else limit
    start, end = (_minute(part) for part in quiet.split("-", 1)) if "-" in quiet else (None, None)
    if quiet and start is None:
        read_time(quiet)  # names what cannot be read
    return NewRule(kind, channel, tenant, about, threshold, window, start, end, said_in)


def _rule_id(here: Feedly, prefix: str) -> UUID:
    with reading(here.engine) as connection:
        return one_id(prefix, [each.rule_id for each in store.list_rules(connection)])


def _minute(written: str) -> int:
    at = read_time(written)
    return 60 * at.hour + at.minute


def _word(text: Message) -> str:
    return translate(text, language())

"""The command line, put together. A command is imported and built when it is chosen, and no other is."""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from dialpact.cli.flag import AsJson, ConfigFile, Lang
from dialpact.cli.output import guarded
from dialpact.cli.plain_values import spare
from dialpact.compliance.registers.plain_names import NAMES

COMPLETING = "_DIALPACT_COMPLETE"  # as the scripts of deploy/debian/completion.py say it


class Chosen(TyperGroup):
    """Of ``PLACES`` the names and lines of help, until one is chosen."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        spare(self)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, built(name) if name in PLACES else command, rest


app = typer.Typer(
    name="dialpact",
    cls=Chosen,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"dialpact {version('dialpact')}")
        raise typer.Exit()


@app.callback()
def dialpact(
    context: typer.Context,
    config: ConfigFile = None,
    json: AsJson = False,
    lang: Lang = None,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """A gate for outbound calls on Asterisk: may this call be made, was it recorded, can both be proven?"""
    context.obj = (context.obj or {}) | {"config": config, "json": json, "lang": lang}


# Where a command is, as module (of dialpact.cli) and function, and the first sentence of its help, which is
# all that is known of it until it is chosen; in the order of ``--help``.
COMMANDS = {
    "init": (
        "init.init",
        "Make a configuration (./dialpact.toml, or --config FILE), with database, ledger key and AMI secret.",
    ),
    "check": ("check.check", "May this call be made? Decides as the gate would, and records nothing."),
    "scrub": (
        "scrub.scrub",
        "Which numbers of a list may be called? Judges each row as check would; exit 3 if some may not.",
    ),
    "replay": (
        "replay.replay",
        "What would have been blocked? Judges old CDRs by a profile, changes nothing.",
    ),
    "reconcile": (
        "reconcile.reconcile",
        "What was called and not decided, answered and not recorded? Exit 3 with findings.",
    ),
    "status": (
        "status.status",
        "Would a call that may be made be made now? What /health/ready says, for a shell.",
    ),
    "reload": (
        "reload.reload",
        "Put changed profiles, calendars, mode and trunks in force without dropping a call.",
    ),
    "serve": ("daemons.serve", "Gate and listener in one process."),
    "gate": ("daemons.gate", "Answers the PBX: may this call be placed?"),
    "listener": ("daemons.listener", "Records the calls, and watches that none goes round the gate."),
    "web": ("web.web", "Answers programs and other machines over HTTP."),
}
# Nouns with commands of their own: the module's ``app`` has them.
GROUPS = {
    "asterisk": ("asterisk", "This installation beside its PBX."),
    "profile": ("profile", "The profiles: the rules that ship, to be looked at and copied."),
    "business": ("business", "The businesses that call, and in which capacity."),
    "registration": (
        "registration",
        "The registrations with authorities: of a business or a campaign, with their ends.",
    ),
    "campaign": ("campaign", "The campaigns: for which business, in which industry, to what purpose."),
    "caller-id": (
        "caller_id",
        "The caller IDs: issued, authenticated, held by one business, for trunks and purposes.",
    ),
    "consent": (
        "consent",
        "The consents: who agreed to be called, by whom, about what, with which evidence.",
    ),
    "script": ("script", "The scripts: what agents read, checked for forbidden phrases and approved."),
    "complaint": (
        "complaint",
        "The complaints: about which call, what followed, and by when they must be answered.",
    ),
    "api-key": (
        "api_key",
        "The keys of the API: which programs may ask, what, of whose data, and until when.",
    ),
    "account": (
        "account",
        "The accounts of the console: who signs in, as what, of whose data, until when.",
    ),
    "suspension": ("suspension", "The suspensions: who may not call until an officer lifts it."),
    "dnc": ("dnc", "Do not call: who opted out of what."),
    "leads": ("leads", "The leads: numbers that a partner supplied for a campaign, in batches."),
    "mapping": (
        "mapping",
        "The mappings: what a supplier calls the columns of its files.",
    ),
    "calls": ("calls", "The decisions: what was asked, and what was answered."),
    "recordings": (
        "recordings",
        "The recordings: what is kept, whether it still is what was recorded, and what goes.",
    ),
    "evidence": (
        "evidence.commands",
        "Evidence packages: everything about a call, proven by the ledger, for somebody else to check.",
    ),
    "ledger": ("ledger", "The log that proves itself: checkpoints, verification, keys."),
    "store": ("database", "The database as a whole: a backup while calls go on, and one that is put back."),
    "incidents": (
        "incidents",
        "The incidents: calls that went round the gate, recordings with a flaw, and the like.",
    ),
    "webhook": (
        "webhook",
        "The webhooks: who is told outside, what did not arrive, and the keys that sign it.",
    ),
    "supervision": (
        "supervision",
        "What is handed to whoever supervises: checkpoints to be cosigned, and the monthly report.",
    ),
    "supervise": (
        "supervise",
        "At whoever supervises: a witness for many operators, their reports, questions about complaints.",
    ),
    "report": (
        "report",
        "Reports for people who inspect: what was done in a period, and whether that can be shown.",
    ),
}
PLACES = COMMANDS | GROUPS


def built(name: str) -> Any:
    """The command or group of this name, with all that is in it."""
    from dialpact.cli.command import command

    place, _ = PLACES[name]
    alone = typer.Typer(rich_markup_mode=None)
    if name in GROUPS:
        alone.add_typer(import_module(f"dialpact.cli.{place}").app, name=name)
    else:
        module, _, function = place.rpartition(".")
        command(alone, name)(getattr(import_module(f"dialpact.cli.{module}"), function))
    return spare(get_group(alone).commands[name])


def _not_chosen() -> None:
    """Stands for a command until it is built, and is never run."""


for name, (_, line) in PLACES.items():
    app.command(name, help=line)(_not_chosen)
if NAMES:
    from dialpact.cli.plain_register import add_to
    from dialpact.compliance.registers.plain import plain_registers
    from dialpact.compliance.texts import language_from_env

    for register in plain_registers():
        add_to(app, register, language_from_env())


def main() -> None:
    """The ``dialpact`` program."""
    if COMPLETING in os.environ:  # a shell asks what could come next, and no person does
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
    guarded(partial(app, prog_name="dialpact"))

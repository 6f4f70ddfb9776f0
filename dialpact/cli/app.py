"""The command line, put together."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.metadata import version

import typer

from dialpact.cli.command import AsJson, ConfigFile, Lang, command
from dialpact.cli.output import guarded
from dialpact.cli.plain_register import add_to
from dialpact.compliance.registers.plain import plain_registers
from dialpact.compliance.texts import language_from_env

app = typer.Typer(
    name="dialpact",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
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


# Where a command is, as module (of dialpact.cli) and function; in the order of ``--help``.
COMMANDS = {
    "init": "init.init",
    "check": "check.check",
    "replay": "replay.replay",
    "reconcile": "reconcile.reconcile",
    "status": "status.status",
    "reload": "reload.reload",
    "serve": "daemons.serve",
    "gate": "daemons.gate",
    "listener": "daemons.listener",
}
# Nouns with commands of their own: the module's ``app`` has them.
GROUPS = {
    "asterisk": "asterisk",
    "business": "business",
    "campaign": "campaign",
    "caller-id": "caller_id",
    "consent": "consent",
    "script": "script",
    "complaint": "complaint",
    "suspension": "suspension",
    "dnc": "dnc",
    "leads": "leads",
    "calls": "calls",
    "recordings": "recordings",
    "evidence": "evidence.commands",
    "ledger": "ledger",
    "incidents": "incidents",
    "report": "report",
}
for name, place in COMMANDS.items():
    module, _, function = place.rpartition(".")
    command(app, name)(getattr(import_module(f"dialpact.cli.{module}"), function))
for name, module in GROUPS.items():
    app.add_typer(import_module(f"dialpact.cli.{module}").app, name=name)
for register in plain_registers():
    add_to(app, register, language_from_env())


def main() -> None:
    """The ``dialpact`` program."""
    guarded(partial(app, prog_name="dialpact"))

"""The command line, put together."""

from __future__ import annotations

import sys
from importlib.metadata import version

import typer

from dialpact.cli import (
    asterisk,
    business,
    caller_id,
    calls,
    campaign,
    check,
    complaint,
    consent,
    daemons,
    dnc,
    incidents,
    init,
    leads,
    ledger,
    reconcile,
    recordings,
    reload,
    replay,
    report,
    script,
    status,
    suspension,
)
from dialpact.cli.command import AsJson, ConfigFile, Lang, command
from dialpact.cli.evidence import commands as evidence

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
    context.obj = {"config": config, "json": json, "lang": lang}


command(app, "init")(init.init)
command(app, "check")(check.check)
command(app, "replay")(replay.replay)
command(app, "reconcile")(reconcile.reconcile)
command(app, "status")(status.status)
command(app, "reload")(reload.reload)
command(app, "serve")(daemons.serve)
command(app, "gate")(daemons.gate)
command(app, "listener")(daemons.listener)
for name, module in {
    "asterisk": asterisk,
    "business": business,
    "campaign": campaign,
    "caller-id": caller_id,
    "consent": consent,
    "script": script,
    "complaint": complaint,
    "suspension": suspension,
    "dnc": dnc,
    "leads": leads,
    "calls": calls,
    "recordings": recordings,
    "evidence": evidence,
    "ledger": ledger,
    "incidents": incidents,
    "report": report,
}.items():
    app.add_typer(module.app, name=name)


def main() -> None:
    """The ``dialpact`` program."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can not show a character shows "?", instead of ending the command half-way.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    app(prog_name="dialpact")

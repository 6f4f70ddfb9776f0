"""``dialpact init``: a configuration, a database, a key and a secret that work as they stand."""

from __future__ import annotations

import re
import secrets
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from dialpact.cli.command_context import CommandContext
from dialpact.compliance import config as configuration
from dialpact.compliance import profile as profiles
from dialpact.compliance.config import NodeConfig
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.checkpoint import ORIGIN
from dialpact.compliance.registers.api_key import new_secret
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language
from dialpact.store import sqlite

DEFAULT = Path("dialpact.toml")
UNNAMED = "unnamed"  # organisation
_ORG = re.compile(r"[A-Za-z0-9_.-]{1,64}")


async def init(
    session: CommandContext,
    *,
    profile: Annotated[str, typer.Option(help="The rules to apply.")] = "cn-hubei-2018",
    org: Annotated[
        str, typer.Option(metavar="NAME", help="Whose log it is: in its name, for whoever checks it.")
    ] = UNNAMED,
) -> None:
    """Make a configuration (./dialpact.toml, or --config FILE), with database, ledger key and AMI secret."""
    if not _ORG.fullmatch(org):
        raise Fault("org", value=org[:80])
    known = profiles.load(profile)
    target = (session.config_file or DEFAULT).absolute()
    plan = {
        "config": target,
        "database": target.parent / "dialpact.db",
        "key": target.parent / "ledger.key",
        "public_key": keys.public_path(target.parent / "ledger.key"),
        "secret": target.parent / "ami.secret",
        "api_secret": target.parent / "api.secret",
    }
    for path in plan.values():
        if path.exists() or path.is_symlink():
            raise Fault("exists", file=str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        # The configuration comes last: who finds it finds everything that it names.
        private = keys.generate()
        origin = f"{ORIGIN}{org}/{NodeConfig().name}/{secrets.token_hex(6)}"  # no other log has it
        public = keys.signer_of(private, origin).vkey
        for name, content, mode in (
            ("key", private, 0o600),
            ("public_key", f"{public}\n".encode(), 0o644),
            ("secret", _secret(), 0o600),
            ("api_secret", new_secret(), 0o600),
        ):
            keys.write_new(plan[name], content, mode)
            made.append(plan[name])
        made.append(plan["database"])
        sqlite.create(plan["database"])
        keys.write_new(target, template(session.language, known.id, origin).encode(), 0o644)
        made.append(target)
        config = configuration.load(target)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    answer = {name: str(path) for name, path in plan.items()} | {"profile": known.id, "origin": origin}
    steps = session.text(
        "say.initialised",
        config=target,
        database=plan["database"],
        key_file=plan["key"],
        secret=plan["secret"],
        profile=known.id,
        directory=config.recording.directory,
        username=config.ami.username,
    )
    session.answer(answer, steps)


def template(language: Language, profile: str, origin: str = "") -> str:
    """The commented configuration."""
    text = files("dialpact.cli").joinpath("templates", f"dialpact.{language}.toml").read_text("utf-8")
    return text.replace("@PROFILE@", profile).replace("@ORIGIN@", origin)


def _secret() -> bytes:
    return secrets.token_urlsafe(24).encode() + b"\n"

"""``dialpact supervise init`` and ``key``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from dialpact.cli.command_context import CommandContext
from dialpact.cli.supervise.desk import load, own_key
from dialpact.compliance.ledger import keys
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision import config as configuration
from dialpact.compliance.supervision import cosignature
from dialpact.store import supervision


def init(
    session: CommandContext,
    *,
    name: Annotated[
        str, typer.Option(help="Of its key: what operators configure and all its words are signed by.")
    ] = "supervisor",
) -> None:
    """Make a configuration (./supervise.toml, or --config FILE), with database and key."""
    target = (session.config_file or configuration.DEFAULT).absolute()
    plan = {
        "config": target,
        "database": target.parent / "supervise.db",
        "key": target.parent / "supervise.key",
        "public_key": target.parent / "supervise.pub",
        "packages": target.parent / "packages",
    }
    for path in plan.values():
        if path.exists() or path.is_symlink():
            raise Fault("exists", file=str(path))
    template = files("dialpact.cli").joinpath("templates", f"supervise.{session.language}.toml")
    text = template.read_text("utf-8").replace("@NAME@", name)
    target.parent.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        # The configuration comes last: who finds it finds everything that it names.
        private = keys.generate()
        signer = keys.signer_of(private, name)
        keys.write_new(plan["key"], private, 0o600)
        made.append(plan["key"])
        keys.write_new(plan["public_key"], f"{signer.vkey}\n".encode(), 0o644)
        made.append(plan["public_key"])
        made.append(plan["database"])
        supervision.create(plan["database"])
        keys.write_new(target, text.encode(), 0o644)
        made.append(target)
        configuration.load(target)
        plan["packages"].mkdir(mode=0o700)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    answer = {one: str(path) for one, path in plan.items()} | {"name": name, "vkey": signer.vkey}
    session.answer(answer, session.text("say.supervise-initialised", config=target, vkey=signer.vkey))


def key(session: CommandContext) -> None:
    """Print both lines of its key: the one of its letters, and the one of its cosignatures."""
    config = load(session)
    verifier = own_key(config).verifier
    both = {"vkey": verifier.vkey, "witness": cosignature.witness_of(verifier).vkey}
    session.answer(both, f"{both['vkey']}\n{both['witness']}")

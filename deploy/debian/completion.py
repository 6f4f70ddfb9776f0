"""What shells complete by: Typer's own scripts, and the program answers them (``cli/app.py``)."""

from __future__ import annotations

from typer.completion import get_completion_script

from dialpact.cli.app import COMPLETING

PLACES = {
    "bash": "usr/share/bash-completion/completions/dialpact",
    "zsh": "usr/share/zsh/vendor-completions/_dialpact",
    "fish": "usr/share/fish/vendor_completions.d/dialpact.fish",
}


def scripts() -> dict[str, str]:
    """Where each lies, and what is in it."""
    return {
        place: get_completion_script(prog_name="dialpact", complete_var=COMPLETING, shell=shell) + "\n"
        for shell, place in PLACES.items()
    }

"""How a command is declared: a function of a :class:`CommandContext` and its own options.

``--config``, ``--json`` and ``--lang`` come with every command, before or after its name. Whoever calls the
app from Python may hand its machine: ``app(arguments, obj={"machine": Machine(clock=mine)})``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import typer

from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import AsJson, ConfigFile, Lang
from dialpact.compliance.texts import language_from_env

F = TypeVar("F", bound=Callable[..., Any])


def keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


COMMON = [
    keyword("context", typer.Context),
    keyword("config", ConfigFile, None),
    keyword("json", AsJson, False),
    keyword("lang", Lang, None),
]


def group(help: str) -> typer.Typer:
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=help)


def command(app: typer.Typer, name: str) -> Callable[[F], F]:
    """Adds the function to ``app``. It may be async, and returns an exit code or None for 0."""

    def add(function: F) -> F:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own] + COMMON

        def run(**given: Any) -> None:
            before = given.pop("context").obj or {}
            session = CommandContext(
                given.pop("config") or before.get("config"),
                given.pop("json") or before.get("json", False),
                given.pop("lang") or before.get("lang") or language_from_env(),
                before.get("machine"),
            )
            raise typer.Exit(session.run(function, given))

        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        app.command(name)(run)
        return function

    return add

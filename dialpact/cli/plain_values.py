"""Values that a parameter takes as they stand, without the library that converts and checks all others.

Typer has pydantic do this, for a text as for a date, and its import took a third of the time of a small
command. What is not surely one of these goes that way, and so does everything that is to be refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

OPEN = {  # a path of which nothing is asked but that it can be read, if it is there
    "exists": False,
    "file_okay": True,
    "dir_okay": True,
    "writable": False,
    "readable": True,
    "resolve_path": False,
    "allow_dash": False,
    "path_type": None,
    "parser": None,
}


def spare(command: Any) -> Any:
    """The command or group, whose parameters and commands convert only what is to be converted."""
    help_option = command.get_help_option

    def get_help_option(context: Any) -> Any:
        return _spare_one(help_option(context))

    command.get_help_option = get_help_option
    for parameter in command.params:
        _spare_one(parameter)
    for one in getattr(command, "commands", {}).values():
        spare(one)
    return command


def _spare_one(parameter: Any) -> Any:
    if parameter is None or "process_value" in vars(parameter):  # no --help, or it is spared already
        return parameter
    if not hasattr(parameter, "type_descriptor"):  # a typer that converts by itself
        return parameter
    convert = parameter.process_value

    def process_value(context: Any, value: Any) -> Any:
        found = plain(value, parameter.type_descriptor, parameter.default)
        if found is None and (value is not None or parameter.required):
            return convert(context, value)
        return parameter.callback(context, parameter, found) if parameter.callback else found

    if parameter.nargs == 1 and not parameter.multiple:
        parameter.process_value = process_value
    return parameter


def plain(value: Any, wanted: Any, default: Any) -> Any:
    """What conversion makes of the value; None: that is not known here."""
    kind = wanted.annotation
    if type(value) is int and kind is int and value == default:
        return value
    if type(value) is not str:
        return None
    if kind is str and wanted.parameter_info.parser is None:
        return value
    if get_origin(kind) is Literal and wanted.parameter_info.parser is None:
        return value if value in get_args(kind) else None
    if kind is Path and all(getattr(wanted.parameter_info, name) == asked for name, asked in OPEN.items()):
        return Path(value) if os.access(value, os.R_OK) else None
    return None

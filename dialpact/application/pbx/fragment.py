"""Dialplan that is put into a PBX: files of ``dialplan/<pbx>/`` with the site's values in their places.

A value is text that somebody entered in a PBX: of a route, a trunk, a campaign. What is not plain is refused,
never quoted: Asterisk's files have no way to write a line end, and ``;``, ``,``, ``$`` and brackets mean
something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from dialpact.compliance.registers.fault import Fault, shown

_PLAIN = re.compile(r"[0-9A-Za-z_./:@*+\u4e00-\u9fff-]{1,80}")
_PLACE = re.compile(r"@([A-Z][A-Z0-9_]*)@")


def plain(value: str, where: str) -> str:
    """``value``, which may stand in a dialplan as it is. ``where``: as its administrator finds it. Fault."""
    if not _PLAIN.fullmatch(value) or "@@" in value:
        raise Fault("pbx-value", where=where, value=shown(value))
    return value


def shipped(name: str) -> str:
    """A file of the package ``dialplan``: ``freepbx/17.conf``."""
    place = files("dialplan")
    for step in name.split("/"):
        place = place.joinpath(step)
    return place.read_text("utf-8")


def filled(text: str, values: Mapping[str, str], where: str = "dialpact.toml") -> str:
    """``text`` with ``@NAME@`` replaced, each value :func:`plain` or empty. KeyError: no value."""
    return _PLACE.sub(lambda found: values[found[1]] and plain(values[found[1]], where), text)

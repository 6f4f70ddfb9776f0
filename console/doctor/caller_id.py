"""What can alter the number that the carrier sees, and which endpoints lead to him past the trunks.

Asterisk's files as text, patterns in them, no more: what the listener sees of each call is the proof, this is
the warning before the first one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ami_listener.hosts import near
from console.doctor import sip
from console.doctor.conf import Section, sections
from console.doctor.found import Found, Site, ok, skip, warn
from console.doctor.sip import Endpoint

SHOWN = 80
_ASKS = re.compile(r"Gosub\(\s*dialpact-outbound\s*,", re.IGNORECASE)
_NUMBER = r"(?:CALLERID|CONNECTEDLINE|CALLERPRES)\((?!name\))"
_SETS = re.compile(rf"\bM?Set\(\s*{_NUMBER}", re.IGNORECASE)
_VARIABLE = re.compile(rf"\s*{_NUMBER}", re.IGNORECASE)  # of an endpoint: set_var
_HEADER = re.compile(
    r"PJSIP_HEADER\(\s*(?:add|update)\s*,\s*(?:P-(?:Asserted|Preferred)-Identity|Remote-Party-ID|Privacy|From|Diversion)",
    re.IGNORECASE,
)
_DIAL = re.compile(r"\bDial\((.*)\)\s*\Z", re.IGNORECASE)
# Dial's options that change or hide it, with what stands in their parentheses.
_OPTION = re.compile(r"([A-Za-z])(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?")


def altering(options: str) -> list[str]:
    """Those of Dial's ``options`` that can change the number that leaves, as they are written.

    ``f`` sets it, with ``u`` its presentation; ``b`` and ``B`` run a subroutine that may do anything.

    >>> altering("iU(dialpact-answered)f(02799990001)u(prohib)b(pre^s^1)")
    ['f(02799990001)', 'u(prohib)', 'b(pre^s^1)']
    """
    return [found[0] for found in _OPTION.finditer(options) if found[1] in "fubB"]


def arguments(text: str) -> list[str]:
    """Those of an application, commas within parentheses and braces left alone."""
    found, depth = [""], 0
    for sign in text:
        depth += (sign in "({[") - (sign in ")}]")
        if sign == "," and depth <= 0:
            found.append("")
        else:
            found[-1] += sign
    return found


def endpoints(site: Site) -> Iterator[Found]:
    """Of the trunks: what stands in their endpoints."""
    if not site.etc.is_dir():
        return
    known = sip.endpoints(site.etc)
    for name, trunk in site.config.trunks.items():
        if not trunk.pjsip:
            yield skip("sent-driver", trunk=name, endpoint=trunk.channel_prefix)
        elif (endpoint := known.get(trunk.pjsip)) is None:
            yield skip("sent-no-endpoint", trunk=name, endpoint=trunk.pjsip)
        elif found := list(_endpoint(name, endpoint)):
            yield from found
        else:
            yield ok("sent", trunk=name, endpoint=endpoint.name)
        if trunk.caller_id == "report":
            yield warn("sent-reported", trunk=name)
    yield skip("sent-unseen")


def _endpoint(trunk: str, endpoint: Endpoint) -> Iterator[Found]:
    about = {"trunk": trunk, "endpoint": endpoint.name}
    user = endpoint.option("from_user")[:SHOWN]
    if any(sign.isalpha() for sign in user):
        if endpoint.says("send_pai") or endpoint.says("send_rpid"):
            yield warn("sent-account", **about, user=user)
        else:
            yield warn("sent-nobody", **about, user=user)
    elif user:
        yield warn("sent-from-user", **about, user=user)
    for name, value in endpoint.options:
        if name == "set_var" and _VARIABLE.match(value):
            yield warn("sent-set-var", **about, value=value[:SHOWN])
    if endpoint.says("send_pai") and endpoint.option("send_connected_line").lower() not in sip.NO:
        yield skip("sent-later", **about)


def dialplan(site: Site) -> Iterator[Found]:
    """Lines that set a number after the gate was asked, or a header that nobody sees."""
    found = sections(site.etc, "extensions.conf") if site.etc.is_dir() else []
    trunks = [trunk.channel_prefix for trunk in site.config.trunks.values()]
    for section in found:
        yield from _section(section, trunks)


def _section(section: Section, trunks: list[str]) -> Iterator[Found]:
    extension, asked = "", False
    for key, value in section.lines:
        if key == "exten":
            named = value.partition(",")[0].strip()
            extension, asked = named, asked and named == extension
        where = {"context": section.name, "extension": extension, "line": value[-SHOWN:]}
        if _HEADER.search(value):
            yield warn("sent-header", **where)
        elif asked and _SETS.search(value):
            yield warn("sent-set", **where)
        elif options := _altering(value, trunks):
            yield warn("sent-option", **where, options=" ".join(options))
        asked = asked or bool(_ASKS.search(value))


def _altering(value: str, trunks: list[str]) -> list[str]:
    """Of a Dial that names a trunk."""
    dial = _DIAL.search(value)
    given = arguments(dial[1]) if dial else [""]
    return altering(",".join(given[2:])) if _reaches(given, trunks) else []


def _reaches(given: list[str], trunks: list[str]) -> bool:
    """Whether a Dial names a trunk's endpoint: ``PJSIP/138@carrier``, ``PJSIP/carrier/sip:...``."""
    for leg in given[0].split("&"):
        driver, _, rest = leg.strip().partition("/")
        ends = {f"{driver}/{rest.rpartition('@')[2]}", f"{driver}/{rest.partition('/')[0]}"}
        if ends.intersection(trunks):
            return True
    return False


def unlisted(site: Site) -> Iterator[Found]:
    """Endpoints that no trunk lists and that lead where a trunk's does."""
    if not site.etc.is_dir():
        return
    known = sip.endpoints(site.etc)
    ours = {trunk.pjsip: name for name, trunk in site.config.trunks.items() if trunk.pjsip}
    trunks = {name: known[endpoint].hosts for endpoint, name in ours.items() if endpoint in known}
    problems = []
    for endpoint in known.values():
        for name, hosts in trunks.items() if endpoint.name not in ours else ():
            about = {"endpoint": endpoint.name, "trunk": name}
            if same := endpoint.hosts & hosts:
                problems.append(warn("unlisted-same", **about, host=min(same)))
            elif any(near(host, hosts) for host in endpoint.hosts):
                problems.append(warn("unlisted-near", **about, host=min(endpoint.hosts)))
    yield from problems
    blind = sorted(name for name in ours.values() if not trunks.get(name))
    if blind:
        yield skip("unlisted-blind", trunks=", ".join(blind))
    if sip.in_a_database(site.etc):
        yield skip("unlisted-database")
    if not problems and not blind and ours:
        yield ok("unlisted", count=len(known) - len(ours))

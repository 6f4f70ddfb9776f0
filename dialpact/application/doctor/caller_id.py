"""What can alter the number that the carrier sees, and which endpoints lead to him past the trunks.

Asterisk's files as text, patterns in them, no more: what the listener sees of each call is the proof, this is
the warning before the first one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialpact.application.doctor import sip
from dialpact.application.doctor.finding import DoctorFinding, Site, ok, skip, warn
from dialpact.application.doctor.sip import SipEndpoint
from dialpact.compliance.hosts import near

SHOWN = 80
_NUMBER = r"(?:CALLERID|CONNECTEDLINE|CALLERPRES)\((?!name\))"
_VARIABLE = re.compile(rf"\s*{_NUMBER}", re.IGNORECASE)  # of an endpoint: set_var


def endpoints(site: Site) -> Iterator[DoctorFinding]:
    """Of the trunks: what stands in their endpoints."""
    if not site.etc.is_dir():
        return
    known = sip.endpoints(site.etc)
    for name, trunk in site.config.trunks.items():
        if not trunk.pjsip:
            yield skip("sent-driver", trunk=name, endpoint=trunk.leaves_by.text)
        elif (endpoint := known.get(trunk.pjsip)) is None:
            yield skip("sent-no-endpoint", trunk=name, endpoint=trunk.pjsip)
        elif found := list(_endpoint(name, endpoint)):
            yield from found
        else:
            yield ok("sent", trunk=name, endpoint=endpoint.name)
        if trunk.caller_id == "report":
            yield warn("sent-reported", trunk=name)
    yield skip("sent-unseen")


def _endpoint(trunk: str, endpoint: SipEndpoint) -> Iterator[DoctorFinding]:
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


def unlisted(site: Site) -> Iterator[DoctorFinding]:
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

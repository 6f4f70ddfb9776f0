"""``asterisk doctor``: what can alter the number that leaves, and other ways to the carrier."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.application.doctor import caller_id
from dialpact.application.doctor.finding import Site
from dialpact.compliance.config import Config, Trunk
from tests.cli.conftest import Home
from tests.cli.test_doctor import site

__all__ = ["site"]

CARRIER = """
[outside](!)
type = endpoint
[carrier](outside)
aors = carrier
[carrier]
type = aor
contact = sip:198.51.100.4:5070
"""


def told(site: Site, check: Any, **files: str) -> list[tuple[str, dict[str, str]]]:
    site.etc.mkdir(exist_ok=True)
    for name, content in files.items():
        (site.etc / f"{name}.conf").write_text(content, "utf-8")
    return [(f"{item.result} {item.key}", item.values) for item in check(site)]


def keys(site: Site, check: Any, **files: str) -> list[str]:
    return [key for key, _ in told(site, check, **files) if key != "skip sent-unseen"]


def with_trunks(site: Site, **trunks: Trunk) -> Site:
    config: Config = msgspec.structs.replace(site.config, trunks=trunks)
    return replace(site, config=config)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("callerid = 02799990001", "ok sent"),  # From stays (Asterisk 22.10.1)
        ("from_domain = example.com", "ok sent"),
        ("from_user = 02799990001", "warn sent-from-user"),
        ("from_user = line77", "warn sent-nobody"),
        ("from_user = line77\nsend_rpid = yes", "warn sent-account"),
        ("set_var = CALLERID(num)=02799990001", "warn sent-set-var"),
        ("set_var = CALLERID(name)=wuhan", "ok sent"),
        ("set_var = CAMPAIGN=spring", "ok sent"),
        ("send_pai = yes", "skip sent-later"),
        ("send_pai = yes\nsend_connected_line = no", "ok sent"),
    ],
)
def test_a_trunks_endpoint(site: Site, line: str, expected: str) -> None:
    """In the endpoint, its template or an included file."""
    plain = CARRIER.replace("aors = carrier", f"aors = carrier\n{line}")
    template = CARRIER.replace("type = endpoint", f"type = endpoint\n{line}")
    for pjsip in (plain, template):
        assert keys(site, caller_id.endpoints, pjsip=pjsip) == [expected]
    assert keys(site, caller_id.endpoints, pjsip="#include a.conf\n", a=template) == [expected]


def test_what_nobody_sees_is_said(site: Site) -> None:
    assert ("skip sent-unseen", {}) in told(site, caller_id.endpoints, pjsip=CARRIER)


def test_a_trunk_that_is_not_in_the_files(site: Site) -> None:
    assert keys(site, caller_id.endpoints) == ["skip sent-no-endpoint"]
    lenient, lines = (
        Trunk(endpoint="carrier", caller_id="report"),
        Trunk(endpoint="DAHDI/g1", channels="1-15"),
    )
    found = keys(with_trunks(site, e1=lines, carrier=lenient), caller_id.endpoints, pjsip=CARRIER)
    assert found == ["skip sent-driver", "ok sent", "warn sent-reported"]


def test_a_wizards_endpoint(site: Site) -> None:
    wizard = "[carrier]\ntype = wizard\nremote_hosts = 198.51.100.4:5070\nendpoint/from_user = 02799990001\n"
    private = "[private]\ntype = wizard\nremote_hosts = 203.0.113.1, 198.51.100.4:5070\n"
    assert keys(site, caller_id.endpoints, pjsip_wizard=wizard) == ["warn sent-from-user"]
    assert keys(site, caller_id.unlisted, pjsip_wizard=wizard + private) == ["warn unlisted-same"]


# Other ways to the carrier


@pytest.mark.parametrize(
    ("pjsip", "expected"),
    [
        ("[p]\ntype=endpoint\naors=p\n[p]\ntype=aor\ncontact=sip:198.51.100.4:5070\n", "warn unlisted-same"),
        ("[p]\ntype=endpoint\naors=q,carrier\n", "warn unlisted-same"),
        ("[p](outside)\naors=p\n[p](t)\ncontact=sip:138@198.51.100.4:5070\n", "warn unlisted-same"),
        ("[p]\ntype=endpoint\noutbound_proxy=sip:198.51.100.4:5070\\;lr\n", "warn unlisted-same"),
        (
            "[p]\ntype=endpoint\n[r]\ntype=registration\nline=yes\nendpoint=p\nserver_uri=sip:198.51.100.4:5070\n",
            "warn unlisted-same",
        ),
        ("[p]\ntype=endpoint\naors=p\n[p]\ntype=aor\ncontact=sip:198.51.100.4\n", "warn unlisted-near"),
        ("[p]\ntype=endpoint\naors=p\n[p]\ntype=aor\ncontact=sip:203.0.113.1:5070\n", "ok unlisted"),
        ("[1001]\ntype=endpoint\naors=1001\n[1001]\ntype=aor\nmax_contacts=1\n", "ok unlisted"),
    ],
)
def test_an_endpoint_that_no_trunk_lists(site: Site, pjsip: str, expected: str) -> None:
    pjsip = CARRIER + "[t](!)\ntype=aor\n" + pjsip
    assert keys(site, caller_id.unlisted, pjsip=pjsip) == [expected]


def test_a_trunk_without_a_contact_in_the_files_and_a_database(site: Site) -> None:
    bare = "[carrier]\ntype=endpoint\n"
    sorcery = "[res_pjsip]\nendpoint=config,pjsip.conf,criteria=type=endpoint\nendpoint=realtime,ps\n"
    found = keys(site, caller_id.unlisted, pjsip=bare, sorcery=sorcery)
    assert found == ["skip unlisted-blind", "skip unlisted-database"]


def test_two_trunks_at_one_carrier(site: Site) -> None:
    both = with_trunks(site, a=Trunk(endpoint="carrier"), b=Trunk(endpoint="second"))
    pjsip = CARRIER + "[second](outside)\naors=carrier\n"
    assert keys(both, caller_id.unlisted, pjsip=pjsip) == ["ok unlisted"]


def test_nothing_there(site: Site) -> None:
    for check in (caller_id.endpoints, caller_id.unlisted):
        assert list(check(site)) == []


def test_the_command_says_it(stocked: Home, tmp_path: Path) -> None:
    (tmp_path / "pjsip.conf").write_text(CARRIER.replace("aors", "from_user = 02799990001\naors"), "utf-8")
    for language, says in (("en", "every call leaves by it"), ("zh", "每次呼叫都以它送出")):
        arguments = ("asterisk", "doctor", "--asterisk-etc", str(tmp_path), "--lang", language, "--json")
        assert says in stocked.run(*arguments, code=3).stdout

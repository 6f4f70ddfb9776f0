"""A site that authorises 02788880007 and sends +862788880007: from the register to the evidence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.lab.carrier import Carrier
from tests.lab.demo import finished
from tests.lab.phone import Phone
from tests.lab.site import Site, product

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

OURS, ABROAD = "02788880007", "+862788880007"
CALL = {"campaign": "autumn-loans", "caller_id": OURS}
DIALPLAN = """
[agents](+)
exten => _*21X.,1,Gosub(dialpact-outbound,s,1(${EXTEN:3},autumn-loans,${CHANNEL(endpoint)},carrier))
 same => n,Set(CALLERID(num)=+86${CALLERID(num):1})
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,iU(dialpact-answered))
 same => n,Hangup()
"""


@pytest.fixture(scope="module")
def lab_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    given = product()
    more = tmp_path_factory.mktemp("conf") / "abroad.conf"
    more.write_text(DIALPLAN, "utf-8")
    return given | {"dialplan": [*given["dialplan"], more]}


def register(site: Site, *sent_as: str) -> None:
    forms = [word for form in sent_as for word in ("--sent-as", form)]
    site.dialpact(
        *("caller-id", "add", OURS, "--business", "jianghan", "--licence", "x", "--carrier", "China Telecom"),
        *("--authenticated", "--trunk", "carrier", "--purpose", "marketing", "--valid-from", "2026-01-01"),
        *forms,
    )


async def test_from_the_register_to_the_evidence(
    site: Site, carrier: Carrier, phone: Phone, tmp_path: Path
) -> None:
    assert not (await phone.call("*2113800138000", **CALL)).answered
    assert carrier.invites()[-1].from_user == ABROAD
    site.wait(lambda: site.dialpact("incidents", "list"), 5)
    (incident,) = site.dialpact("incidents", "list", "--full")
    assert incident["kind"] == "caller-id-altered"
    assert incident["detail"].endswith(f"authorised and sent {OURS} {ABROAD}")
    register(site, ABROAD)
    assert (await phone.call("*2113800138000", **CALL)).answered
    await finished(site, 1)
    decision = site.last_call()["id"]
    call = site.dialpact("calls", "show", decision)
    assert call["carrier_legs"][0]["sent_from"] == carrier.invites()[-1].from_user == ABROAD
    assert call["facts"]["caller_id"]["sent_as"] == [ABROAD]
    package = tmp_path / "package.zip"
    site.dialpact("evidence", "export", "--call", decision, "-o", str(package), "--by", "chen")
    with zipfile.ZipFile(package) as file:
        (name,) = [name for name in file.namelist() if name.endswith("/call.json")]
        said = json.loads(file.read(name))
    assert (said["caller_id"], said["may_leave_as"], said["sent_from"]) == (OURS, [ABROAD], ABROAD)
    # Now the registered string itself is another form.
    assert not (await phone.call("13800138000", **CALL)).answered
    register(site)
    assert (await phone.call("13800138000", **CALL)).answered
    site.dialpact("ledger", "verify")

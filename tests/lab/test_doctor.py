"""doctor on a real Asterisk: each wrong dialplan is seen, of the files and of what runs alike.

The example of docs/dialplan.md is clean.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.lab.pbx import Pbx
from tests.lab.site import DIALPLAN, FEATURES, ROOT, Site, load_samples, product
from tests.lab.softphone import SoftCarrier, Softphone

ASK = "Gosub(dialpact-outbound,s,1(${EXTEN},C,${CHANNEL(endpoint)},carrier))"
TO = "PJSIP/${DIALPACT_NUMBER}@carrier"
SUB = "U(dialpact-answered)"
DIAL = f"Dial({TO},30,i{SUB})"
OUT = "_1XXXXXXXXXX"

# Code: the steps of the context of its name.
WRONG: dict[str, list[str]] = {
    "dial-unasked": [DIAL],
    "dial-half-asked": ["GotoIf($[${LEN(${CAMPAIGN})} > 0]?3)", ASK, DIAL],
    "dial-number": [ASK, f"Dial(PJSIP/${{EXTEN}}@carrier,30,i{SUB})"],
    "dial-number-changed": [ASK, f"Dial(PJSIP/9${{DIALPACT_NUMBER}}@carrier,30,i{SUB})"],
    "dial-trunk": [ASK, f"Dial(PJSIP/${{DIALPACT_NUMBER}}@${{OTHER}},30,i{SUB})"],
    "dial-trunk-unclear": [ASK, f"Dial(PJSIP/${{DIALPACT_NUMBER}}@${{NOBODY}},30,i{SUB})"],
    "dial-target-unknown": ["Dial(${NOBODY},30)"],
    "dial-retry": [ASK, f"RetryDial(beep,5,3,{TO},30,i{SUB})"],
    "dial-no-interlock": [ASK, f"Dial({TO},30,i)"],
    "dial-interlock-lost": [ASK, f"Dial({TO},30,i{SUB}U(mine))"],
    "dial-interlock-twice": [ASK, f"Dial({TO},30,iU(mine){SUB})"],
    "dial-forwarding": [ASK, f"Dial({TO},30,{SUB})"],
    "dial-caller-id": [ASK, f"Dial({TO},30,if(02787654321){SUB})"],
    "dial-predial": [ASK, f"Dial({TO},30,ib(mine^s^1){SUB})"],
    "dial-predial-unseen": [ASK, f"Dial({TO},30,ib(nowhere^s^1){SUB})"],
    "dial-one-touch": [ASK, f"Dial({TO},30,iX{SUB})"],
    "dial-splits": [ASK, f"Dial({TO},30,iG(mine^s^1){SUB})"],
    "dial-callee-transfers": [ASK, f"Dial({TO},30,it{SUB})"],
    "dial-options-unknown": [ASK, f"Dial({TO},30,i${{NOBODY}}{SUB})"],
    "ask-trunk-unknown": [ASK.replace("carrier", "none"), DIAL],
    "ask-direct": ["AGI(agi://127.0.0.1:4573/outbound,${EXTEN},C,A,carrier)", DIAL],
    "dialplan-raw": ["Dial(PJSIP/${CALLERID(dnid)}${EXTEN}@desk2001)"],
    "dialplan-open": [ASK.replace("${EXTEN}", "${FILTER(0-9+,${EXTEN})}"), DIAL],
    "dialplan-variable-set": [ASK, "Set(__DIALPACT_ID=none)", DIAL],
    "dialplan-caller-id-late": [ASK, "Set(CALLERID(num)=02787654321)", DIAL],
    "dialplan-originate": ["Originate(PJSIP/13800138000@carrier,app,Echo)"],
    "dialplan-page": ["Page(PJSIP/13800138000@carrier)"],
    "dialplan-queue": ["AddQueueMember(phones,PJSIP/13800138000@carrier)"],
    "dialplan-whisper": ["ChanSpy(PJSIP/agent1001,qw)"],
    "unseen-queue": ["Queue(nobody)"],
    "unseen-jump": ["Goto(${NOBODY},s,1)"],
    "unseen-program": ["AGI(site.agi)"],
}
OPEN = ("dialplan-raw", "dialplan-open")  # of patterns of any length


def written() -> str:
    text = "[globals]\nOTHER=carrier2\n[mine]\nexten => s,1,Set(CALLERID(num)=1)\n same => n,Return()\n"
    for code, (first, *rest) in WRONG.items():
        text += f"[w-{code}]\nexten => {'_X.' if code in OPEN else OUT},1,{first}\n"
        text += "".join(f" same => n,{step}\n" for step in rest)
    return text


@pytest.fixture(scope="module")
def lab_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("doctor")
    (folder / "wrong.conf").write_text(written(), "utf-8")
    (folder / "doctor.conf").write_text("[doctor]\nsecret = looks-only\nwrite = reporting\n", "ascii")
    options = product()
    options["dialplan"] = [DIALPLAN, folder / "wrong.conf"]
    options["manager"] = [*options["manager"], folder / "doctor.conf"]
    options["features"] = []
    return options


@pytest.fixture(scope="module")
def site(pbx: Pbx) -> Iterator[Site]:
    with Site(pbx) as here:
        (here.folder / "doctor.secret").write_text("looks-only\n", "ascii")
        yield here


def looks(site: Site, running: bool) -> list[dict[str, Any]]:
    """What doctor says about the dialplan: of the files, or of what runs."""
    site.configure()
    if running:
        text = site.config.read_text("utf-8")
        site.config.write_text(text.replace("[ami]\n", '[ami]\ndoctor_username = "doctor"\n'), "utf-8")
    answer = site.dialpact("asterisk", "doctor", "--asterisk-etc", f"{site.pbx.home}/etc", code=None)
    return [row for row in answer["checks"] if row["check"] in ("dialplan", "features", "manager")]


def places(rows: list[dict[str, Any]]) -> set[tuple[str, str, str, int]]:
    return {
        (row["code"], row["place"]["context"], row["place"]["extension"], row["place"]["priority"])
        for row in rows
        if "context" in row.get("place", {})
    }


@pytest.mark.lab
def test_each_wrong_dialplan_is_seen_in_the_files_and_as_it_runs(site: Site, pbx: Pbx) -> None:
    loaded = pbx.cli("dialplan show")
    for code in WRONG:
        assert f"Context 'w-{code}'" in loaded, f"Asterisk did not load w-{code}"
    of_files = looks(site, running=False)
    for code in WRONG:
        found = {row["code"] for row in of_files if row.get("place", {}).get("context") == f"w-{code}"}
        assert code in found, f"w-{code}: {found}"
    (one,) = [row for row in of_files if row["code"] == "dial-caller-id"]
    lines = (pbx.home / "etc" / one["place"]["file"]).read_text("utf-8").splitlines()
    assert "f(02787654321)" in lines[one["place"]["line"] - 1]
    assert one["advice"].startswith(DIAL)
    assert "features-missing" in {row["code"] for row in of_files}

    of_what_runs = looks(site, running=True)
    codes = {row["code"] for row in of_what_runs}
    assert not codes & {"dialplan-not-running", "dialplan-differs", "manager-doctor-rights"}, of_what_runs
    assert places(of_what_runs) == places(of_files)
    (read,) = [row for row in of_what_runs if row["code"] == "dialplan"]
    assert "ShowDialPlan" in read["text"]


@pytest.mark.lab
def test_what_runs_is_not_what_the_files_say(site: Site, pbx: Pbx) -> None:
    pbx.cli("dialplan add extension 13800138000,1,Dial(PJSIP/13800138000@carrier) into w-dialplan-page")
    try:
        rows = looks(site, running=True)
    finally:
        pbx.cli("dialplan remove extension 13800138000@w-dialplan-page")
    assert ("dial-unasked", "w-dialplan-page", "13800138000", 1) in places(rows)
    assert ("dial-unasked", "w-dialplan-page", "13800138000", 1) not in places(looks(site, running=False))


@pytest.mark.lab
def test_a_doctor_that_may_not_look_says_so_and_reads_the_files(site: Site) -> None:
    (site.folder / "doctor.secret").write_text("another\n", "ascii")
    try:
        rows = looks(site, running=True)
    finally:
        (site.folder / "doctor.secret").write_text("looks-only\n", "ascii")
    codes = {row["code"] for row in rows}
    assert {"dialplan-not-running", "dial-unasked"} <= codes


@pytest.mark.lab
def test_the_secret_of_the_listener_is_open_to_all(site: Site, pbx: Pbx) -> None:
    assert "manager-open" in {row["code"] for row in looks(site, running=False)}
    for file in (pbx.home / "etc").glob("*manager*.conf"):
        file.chmod(0o640)
    for file in (pbx.home / "etc").glob("*doctor.conf"):
        file.chmod(0o640)
    assert "manager-open" not in {row["code"] for row in looks(site, running=False)}


def example(page: str) -> str:
    """The dialplan of a page."""
    (found,) = re.findall(
        r"```ini\n(; extensions.conf\n.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL
    )
    return str(found)


@contextmanager
def dialplan_of(pbx: Pbx, text: str) -> Iterator[None]:
    """``text`` instead of the lab's own, with the keys of refusal."""
    etc = pbx.home / "etc"
    before = {name: (etc / name).read_text("utf-8") for name in ("extensions.conf", "features.conf")}
    shutil.copy(DIALPLAN, etc)
    shutil.copy(FEATURES, etc)
    gate = f"[globals]\nDIALPACT_GATE=127.0.0.1:{pbx.ports.gate}\n"
    (etc / "extensions.conf").write_text(text + gate, "utf-8")
    (etc / "features.conf").write_text(
        "[general]\n[applicationmap]\n#include features_dialpact.conf\n", "utf-8"
    )
    pbx.cli("dialplan reload")
    try:
        yield
    finally:
        for name, text_before in before.items():
            (etc / name).write_text(text_before, "utf-8")
        pbx.cli("dialplan reload")


@pytest.mark.lab
@pytest.mark.parametrize("page", ["dialplan.md", "dialplan.zh-CN.md"])
def test_the_example_of_the_page_is_clean(site: Site, pbx: Pbx, page: str) -> None:
    with dialplan_of(pbx, example(page)):
        for running in (False, True):
            rows = [row for row in looks(site, running) if row["check"] in ("dialplan", "features")]
            assert [row["code"] for row in rows if row["result"] in ("warn", "fail")] == [], rows
            assert "dialplan" in {row["code"] for row in rows}
        assert "_1XXXXXXXXXX" in pbx.cli("dialplan show outbound")


@pytest.mark.lab
async def test_the_example_of_the_page_calls(site: Site, pbx: Pbx) -> None:
    text = example("dialplan.md").replace("CAMPAIGN", "autumn-loans")
    load_samples(site)
    site.configure()
    with dialplan_of(pbx, text + "[agents]\ninclude => outbound\n"):
        site.start("gate")
        site.start("listener")
        site.ready()
        async with SoftCarrier(pbx) as carrier, Softphone(pbx, "agent1001") as agent:
            call = await agent.call("13800138000", caller_id="02788880007")
            (leg,) = await carrier.called()
            await call.answered()
            await call.hang_up()
            assert leg.number == "13800138000"
            emergency = await agent.call("110")
            (_, leg) = await carrier.called(2)
            await emergency.answered()
            await emergency.hang_up()
            assert leg.number == "110"
    assert site.last_call()["verdict"] == "ALLOW"

"""``asterisk doctor``: each check in health and in every sickness it knows."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agi.service import serving
from dialpact.application.actor import Actor, Door
from dialpact.application.doctor import dialplan, host, pbx, rules
from dialpact.application.doctor import keys as doctor_keys
from dialpact.application.doctor import zones as doctor_zones
from dialpact.application.doctor.conf import sections
from dialpact.application.doctor.examination import Patient, examined
from dialpact.application.doctor.finding import DoctorFinding, Site
from dialpact.compliance import calendars, profile
from dialpact.compliance import config as configuration
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.dialplan.codes import RESULTS
from dialpact.compliance.errors import ConfigForbidden
from dialpact.compliance.health import Health, LeaseState
from dialpact.compliance.model import Registration, Suspension
from dialpact.compliance.numbers import areas
from dialpact.compliance.profile import Policy
from dialpact.compliance.sections import DoNotCallRule, Registered, RegistrationRule, ScriptRule
from dialpact.presentation import texts
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.compliance.world import CAMPAIGN, HUBEI, policy
from tests.peer import peer

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 21, 2, tzinfo=UTC)
ORIGIN = {"clause": "c", "source": "s", "effective_from": date(2018, 12, 14), "purposes": ("*",)}


def health(**changes: Any) -> Health:
    base = Health(
        version=2,
        lease=LeaseState(ready=True, live=True, why="", renewed_at=NOW - timedelta(seconds=3)),
        opt_outs_at=None,
        trunks=frozenset({"carrier"}),
        campaigns=("renewal",),
        unscripted=(),
        suspensions=(),
    )
    return replace(base, **changes)


@pytest.fixture
def site(home: Home) -> Site:
    return Site(
        configuration.load(home.config), NOW, date(2026, 10, 21), home.path / "etc", policy(), health()
    )


def keys(found: Iterable[DoctorFinding]) -> list[str]:
    return [f"{item.result} {item.key}" for item in found]


def with_profile(site: Site, **sections: Any) -> Site:
    return replace(site, policy=policy(msgspec.structs.replace(HUBEI, **sections)))


def with_config(site: Site, section: str, **changes: Any) -> Site:
    part = msgspec.structs.replace(getattr(site.config, section), **changes)
    return replace(site, config=msgspec.structs.replace(site.config, **{section: part}))


def test_the_whole(stocked: Home) -> None:
    etc = stocked.path / "etc"
    answer = stocked("asterisk", "doctor", "--asterisk-etc", str(etc), code=3)
    found = {row["check"]: row for row in answer["checks"]}
    assert {"configuration", "profile", "mode", "calendar", "database", "gate", "recorder"} <= set(found)
    assert {"recordings", "secret", "key", "refusals", "caller-ids", "scripts", "suspensions"} <= set(found)
    assert set(found["gate"]) == {"check", "result", "code", "text", "advice"}
    assert (found["database"]["result"], found["caller-ids"]["result"]) == ("ok", "ok")
    assert (found["recorder"]["code"], found["asterisk"]["result"]) == ("recorder-never", "skip")
    assert answer["failed"] == sum(row["result"] == "fail" for row in answer["checks"]) > 0
    for row in answer["checks"]:
        assert bool(row["advice"]) == (row["result"] in ("warn", "fail")), row
    for language, says in (("en", "FAIL"), ("zh", "不通过")):
        shown = stocked.run("asterisk", "doctor", "--asterisk-etc", str(etc), "--lang", language, code=3)
        assert says in shown.stdout
    assert stocked("calls", "list") == []


def test_without_a_configuration_or_a_database_or_a_profile(home: Home) -> None:
    def codes() -> list[str]:
        return [row["code"] for row in home("asterisk", "doctor", code=3)["checks"]]

    (home.path / "dialpact.db").unlink()
    assert "database-bad" in codes()
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace('["cn-hubei-2018"]', '["no-such"]'), "utf-8")
    assert {"policy", "key", "secret"} <= set(codes())
    home.config.write_text("nonsense", "utf-8")
    assert codes() == ["config-bad"]


async def test_a_configuration_that_this_user_may_not_read() -> None:
    def refused(*_: object) -> Any:
        raise ConfigForbidden("/var/lib/dialpact/dialpact.toml")

    actor = Actor(name="somebody", door=Door.SHELL)
    patient = Patient(
        config=refused, store=refused, manager=refused, etc=Path("/etc"), actor=actor, clock=SystemClock()
    )
    assert keys([item async for _, item in examined(patient)]) == ["fail config-forbidden"]


def test_mode(site: Site) -> None:
    assert keys(rules.mode(site)) == ["ok mode-enforce"]
    assert keys(rules.mode(with_config(site, "policy", mode="shadow"))) == ["warn mode-shadow"]
    assert "SHADOW" in texts.text("doctor.mode-shadow", "en")


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 10, 31), "ok calendar"),
        (date(2026, 11, 1), "warn calendar-ends"),
        (date(2026, 12, 28), "warn calendar-ends"),
        (date(2026, 12, 29), "fail calendar-provisional"),
        (date(2027, 1, 4), "fail calendar-missing"),
        (date(2025, 12, 1), "ok calendar"),  # the next year is known
    ],
)
def test_calendar(site: Site, today: date, expected: str) -> None:
    assert keys(rules.calendar(replace(site, today=today))) == [expected]


def test_a_profile_for_all_days_needs_no_calendar(site: Site) -> None:
    assert keys(rules.calendar(with_profile(site, days=None))) == ["ok calendar-unused"]


@pytest.mark.parametrize(
    ("file", "says", "expected"),
    [
        ("tzdata.zi", "# version 2020a\n# redo", "ok zones"),
        ("tzdata.zi", "# version 2099a\n", "warn zones-old"),
        ("+VERSION", "2099a\n", "warn zones-old"),
        ("tzdata.zi", "2099a\n", "ok zones"),  # does not say so
        ("leapseconds", "# version 2099a\n", "ok zones"),
    ],
)
def test_zones(site: Site, tmp_path: Path, file: str, says: str, expected: str) -> None:
    (tmp_path / file).write_text(says, "utf-8")
    (found,) = doctor_zones.data(site, f"{tmp_path}:{tmp_path / 'none'}")
    assert keys([found]) == [expected]
    assert found.values["version"].startswith("tzdata ") and found.values["release"]
    assert found.values.get("system") in (None, "2099a")


def test_areas(site: Site, tmp_path: Path) -> None:
    assert keys(doctor_zones.areas(site)) == ["ok areas-unused"]
    abroad = replace(site, policy=Policy((profile.load("us-federal"),), calendars.load()))
    (found,) = doctor_zones.areas(abroad)
    assert (found.result, found.values["codes"]) == ("ok", "-")
    folder = tmp_path / "areas"
    folder.mkdir()
    (folder / "a.toml").write_text(
        'source = "NANPA"\ndocument = "PL-637"\n[[area]]\ncode = "565"\nregion = "US"\ncovers = ["912"]\n',
        "utf-8",
    )
    more = Policy((profile.load("us-federal"),), calendars.load(), areas.load(folder))
    (found,) = doctor_zones.areas(replace(abroad, policy=more))
    assert (found.result, found.values["codes"]) == ("ok", "565")
    later = date.fromisoformat(found.values["day"]) + timedelta(days=366)
    assert keys(doctor_zones.areas(replace(abroad, today=later))) == ["warn areas-old"]
    assert keys(doctor_zones.areas(replace(site, policy=None))) == []


@pytest.mark.parametrize(
    ("most", "days", "expected"),
    [
        (0, None, "ok refusals-unlimited"),
        (31, None, "fail refusals-never"),
        (31, 3, "ok refusals"),
        (31, 23, "warn refusals-ageing"),
        (31, 30, "warn refusals-ageing"),
        (31, 32, "fail refusals-old"),
    ],
)
def test_age_of_refusals(site: Site, most: int, days: int | None, expected: str) -> None:
    at = None if days is None else NOW - timedelta(days=days)
    asked = with_profile(site, do_not_call=DoNotCallRule(**ORIGIN, scopes=("all",), max_list_age_days=most))
    assert keys(rules.opt_outs(replace(asked, health=health(opt_outs_at=at)))) == [expected]


def registered(valid_from: date, valid_to: date | None, **changes: Any) -> Registration:
    whose = {"holder": "business", "id": "acme", "kind": "us-tx"} | changes
    return Registration(**whose, valid_from=valid_from, valid_to=valid_to)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((), ["fail registration-none"]),
        (((date(2026, 1, 1), date(2026, 10, 20)),), ["fail registration-none"]),
        (((date(2026, 10, 22), None),), ["fail registration-none"]),
        (((date(2026, 1, 1), date(2026, 10, 21)),), ["warn registration-ends"]),
        (((date(2026, 1, 1), date(2026, 12, 4)),), ["warn registration-ends"]),
        (((date(2026, 1, 1), date(2026, 12, 5)),), ["ok registrations"]),
        (((date(2026, 1, 1), None),), ["ok registrations"]),
        # renewed, from the day after the last one; and with a day between them
        (((date(2026, 1, 1), date(2026, 11, 1)), (date(2026, 11, 2), None)), ["ok registrations"]),
        (((date(2026, 1, 1), date(2026, 11, 1)), (date(2026, 11, 3), None)), ["warn registration-ends"]),
    ],
)
def test_registrations(site: Site, known: tuple[Any, ...], expected: list[str]) -> None:
    rule = RegistrationRule(**ORIGIN, required=(Registered(kind="us-tx"),))
    asked = with_profile(site, registration=rule)
    held = tuple(registered(*days) for days in known)
    seller = health(sellers=(CAMPAIGN,), registrations=held)
    assert keys(rules.registrations(replace(asked, health=seller))) == expected
    first = date(2026, 1, 1)
    others = (registered(first, None, id="other"), registered(first, None, kind="us-fl"))
    none = health(sellers=(CAMPAIGN,), registrations=others)
    assert keys(rules.registrations(replace(asked, health=none))) == ["fail registration-none"]
    assert keys(rules.registrations(replace(asked, health=health()))) == ["ok registrations-unused"]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Shanghai", "ok registrations"), ("America/Chicago", "fail registration-none")],
)
def test_a_registration_begins_with_the_day_of_its_profile(site: Site, zone: str, expected: str) -> None:
    """As the gate has it, wherever whoever asks the doctor is."""
    rule = RegistrationRule(**ORIGIN, required=(Registered(kind="us-tx"),))
    seller = health(sellers=(CAMPAIGN,), registrations=(registered(date(2026, 10, 21), None),))
    morning = datetime(2026, 10, 21, 1, tzinfo=UTC)
    asked = replace(with_profile(site, registration=rule, timezone=zone), health=seller, now=morning)
    assert keys(rules.registrations(asked)) == [expected]


def test_registers(site: Site) -> None:
    assert keys(rules.caller_ids(site)) == ["ok caller-ids"]
    anywhere = replace(site, health=health(trunks=frozenset({"*"})))
    assert keys(rules.caller_ids(anywhere)) == ["ok caller-ids"]
    nowhere = replace(site, health=health(trunks=frozenset({"other"})))
    assert keys(rules.caller_ids(nowhere)) == ["fail caller-ids-none"]
    assert keys(rules.caller_ids(with_profile(nowhere, caller_id=None))) == ["skip caller-ids-unused"]

    unscripted = replace(site, health=health(unscripted=("renewal",)))
    script = ScriptRule(**ORIGIN, forbidden_phrases=("guaranteed",))
    assert keys(rules.scripts(with_profile(unscripted, script=None))) == ["ok scripts-unused"]
    assert keys(rules.scripts(with_profile(unscripted, script=script))) == ["warn scripts-missing"]
    assert keys(rules.scripts(with_profile(site, script=script))) == ["ok scripts"]
    assert keys(rules.scripts(replace(site, health=health(campaigns=())))) == ["warn campaigns-none"]

    assert keys(rules.suspensions(site)) == ["ok suspensions"]
    assert keys(rules.registrations(site)) == ["ok registrations-unused"]
    one = Suspension(kind="agent", key="1001", since=NOW, cause="three refused")
    assert (
        keys(rules.suspensions(replace(site, health=health(suspensions=(one, one)))))
        == ["warn suspended"] * 2
    )


def test_recorder(site: Site) -> None:
    def says(lease: LeaseState | None) -> list[str]:
        return keys(host.recorder(replace(site, health=health(lease=lease))))

    lease = LeaseState(ready=True, live=True, why="", renewed_at=NOW)
    assert says(lease) == ["ok recorder"]
    assert says(None) == ["fail recorder-never"]
    assert says(replace(lease, live=False)) == ["fail recorder-silent"]
    assert says(replace(lease, ready=False, why="no space")) == ["fail recorder-not-ready"]
    free = with_profile(site, recording=None)
    assert keys(host.recorder(replace(free, health=health(lease=None)))) == ["warn recorder-never"]


async def test_the_store_says_it_all(stocked: Home) -> None:
    async with await Store.open(stocked.path / "dialpact.db") as store:
        read = store.installation.health
        before = await read("pbx1", NOW, date(2026, 10, 21))
        assert (before.lease, before.trunks, before.campaigns) == (None, {"carrier"}, ("renewal",))
        await store.transact(lambda c: c.execute("UPDATE campaign SET script = 'none'"))
        assert (await read("pbx1", NOW, date(2026, 10, 21))).unscripted == ("renewal",)
        assert (await read("pbx1", NOW, date(2025, 12, 31))).trunks == frozenset()
        for seconds, live in ((60.0, True), (0.0, False)):
            await store.recorder_leases.renew("pbx1", ready=True, why="", seconds=seconds, at=NOW)
            lease = (await read("pbx1", NOW, date(2026, 10, 21))).lease
            assert lease is not None
            assert (lease.ready, lease.live, lease.renewed_at) == (True, live, NOW)


def test_recordings_folder(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    here = with_config(site, "recording", directory=str(folder), min_free_mb=1)
    assert keys(host.recordings(here)) == ["fail recordings-missing"]
    folder.write_text("")
    assert keys(host.recordings(here)) == ["fail recordings-no-folder"]
    folder.unlink()
    folder.mkdir(mode=0o750)
    assert keys(host.recordings(here)) == ["ok recordings"]
    folder.chmod(0o777)
    assert keys(host.recordings(here)) == ["ok recordings", "warn recordings-open"]
    folder.chmod(0o751)
    assert keys(host.recordings(here)) == ["ok recordings", "warn recordings-readable"]
    full = with_config(here, "recording", min_free_mb=1 << 40)
    assert keys(host.recordings(full))[0] == "fail recordings-full"


def test_secret_and_key(site: Site, home: Home) -> None:
    secret, key = home.path / "ami.secret", home.path / "ledger.key"
    assert (keys(host.secret(site)), keys(host.key(site))) == (["ok secret"], ["ok key"])
    secret.chmod(0o644)
    key.chmod(0o640)
    assert (keys(host.secret(site)), keys(host.key(site))) == (["fail secret-open"], ["fail key-open"])
    secret.write_text("REPLACE-ME\n")
    key.write_text("no key")
    key.chmod(0o600)
    assert keys(host.secret(site)) == ["fail secret-example"]
    assert keys(host.key(site)) == ["fail key-unreadable"]
    secret.unlink()
    key.unlink()
    assert keys(host.secret(site)) == ["fail secret-unreadable"]
    assert keys(host.key(site)) == ["fail key-unreadable"]


def test_the_secret_of_supervision(site: Site, home: Home) -> None:
    assert keys(host.supervision(site)) == []
    ours = configuration.SupervisionConfig(url="https://x.example", vkey="x+1+y")
    there = replace(site, config=msgspec.structs.replace(site.config, supervision=ours))
    assert keys(host.supervision(there)) == ["fail supervision-secret-bad"]
    (home.path / "supervision.secret").write_text("ab" * 32)
    (home.path / "supervision.secret").chmod(0o644)
    assert keys(host.supervision(there)) == ["fail supervision-secret-bad"]
    (home.path / "supervision.secret").chmod(0o600)
    assert keys(host.supervision(there)) == ["ok supervision-secret"]


def test_the_secret_of_the_api_s_keys(site: Site, home: Home) -> None:
    assert keys(host.api(site)) == []
    (home.path / "api.secret").chmod(0o640)
    assert keys(host.api(site)) == ["fail api-secret-bad"]
    (home.path / "api.secret").unlink()
    assert keys(host.api(site)) == [], "who has no keys needs none"


async def test_a_gate_that_lives_leaves_no_decision(site: Site) -> None:
    there = with_config(site, "gate", listen="127.0.0.1:0")
    assert there.policy is not None
    async with (
        await Store.open(there.config.database) as store,
        serving(there.config, there.policy, store, SystemClock()) as (address, port),
    ):
        assert keys([await host.gate(with_config(site, "gate", listen=f"{address}:{port}"))]) == ["ok gate"]
    async with await Store.open(site.config.database) as store:
        (count,) = await store.transact(lambda c: c.execute("SELECT count(*) FROM decision").fetchone())
    assert count == 0


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


async def test_a_gate_that_does_not(site: Site, listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    here = with_config(site, "gate", listen=f"127.0.0.1:{port}")
    assert keys([await host.gate(here, seconds=0.2)]) == [
        "fail gate-silent"
    ]  # the kernel took the connection
    listening.close()
    assert keys([await host.gate(here)]) == ["fail gate-down"]

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0\n")

    async with peer(greet) as (_, port):
        assert keys([await host.gate(with_config(site, "gate", listen=f"127.0.0.1:{port}"))]) == [
            "fail gate-stranger"
        ]


def asterisk(site: Site, **files: str) -> list[str]:
    site.etc.mkdir(exist_ok=True)
    for name, content in files.items():
        (site.etc / f"{name}.conf").write_text(content, "utf-8")
        (site.etc / f"{name}.conf").chmod(0o640)
    checks = (pbx.looked_at, pbx.manager, dialplan.written, pbx.endpoints, doctor_keys.keys)
    return [key for check in checks for key in keys(check(site))]


SHIPPED = {
    "manager_dialpact": (ROOT / "dialplan/manager_dialpact.conf").read_text("utf-8"),
    "features_dialpact": (ROOT / "dialplan/features_dialpact.conf").read_text("utf-8"),
    "extensions_dialpact": (ROOT / "dialplan/extensions_dialpact.conf").read_text("utf-8"),
}
GOOD = {
    "manager": "[general]\nenabled = yes\n#include manager_dialpact.conf\n",
    "features": "[applicationmap]\n#include features_dialpact.conf\n",
    "extensions": "#include extensions_dialpact.conf\n[phones]\nexten => _1XXXXXXXXXX,1,NoOp()\n"
    " same => n,Gosub(dialpact-outbound,s,1(${EXTEN},c))\n",
    "pjsip": "[phone](!)\ntype = endpoint\ncallerid = 02787654321\n[1001](phone)\nauth=x\n"
    "[carrier]\ntype=endpoint\n[carrier]\ntype=aor\n",
}


def test_no_asterisk_here(site: Site) -> None:
    checks = (pbx.looked_at, pbx.manager, dialplan.written, pbx.endpoints)
    assert [key for check in checks for key in keys(check(site))] == ["skip etc-missing"]


def test_files_that_are_made_by_other_means(site: Site) -> None:
    assert asterisk(site) == ["ok etc", *["skip file-missing"] * 3]


def test_asterisk_as_it_should_be(site: Site) -> None:
    shipped = SHIPPED | {"manager_dialpact": SHIPPED["manager_dialpact"].replace("REPLACE-ME", "s3cret")}
    assert asterisk(site, **GOOD, **shipped) == [
        *("ok etc", "ok manager", "ok dialplan", "ok endpoints", "ok keys")
    ]


@pytest.mark.parametrize(
    ("why", "changes", "expected"),
    [
        ("the example's secret", {}, "fail manager-example"),
        ("no user", {"manager": "[general]\n"}, "fail manager-no-user"),
        ("no filter", {"manager": "[dialpact]\nsecret=x\nwrite=call,system\n"}, "warn manager-no-filter"),
        ("too many rights", {"manager": "[dialpact]\nsecret=x\nwrite=all\n"}, "warn manager-rights"),
        ("not included", {"extensions": "[phones]\nexten => s,1,NoOp()\n"}, "fail dialplan-missing"),
        ("commented out", {"extensions": ";#include extensions_dialpact.conf\n"}, "fail dialplan-missing"),
        ("asked by nobody", {"extensions": "#include extensions_*.conf\n"}, "fail dialplan-unused"),
        (
            "any length",
            {"extensions": GOOD["extensions"].replace("_1XXXXXXXXXX", "_X.")},
            "warn dialplan-open",
        ),
        ("its own caller ID", {"pjsip": "[1001]\ntype=endpoint\n"}, "warn endpoints-free"),
        ("no keys", {"manager": "[dialpact]\nsecret=x\nread=call,system\n"}, "warn keys-unheard"),
        (
            "keys are filtered",
            {"manager": "[dialpact]\nread=all\neventfilter = ^Event: (Hangup)\neventfilter = !DTMFEnd\n"},
            "warn keys-unheard",
        ),
        (
            "another key",
            {"features": "[applicationmap]\ndialpact-agent => **,self,Gosub,x\n"},
            "warn keys-differ",
        ),
    ],
)
def test_asterisk_as_it_should_not_be(site: Site, why: str, changes: dict[str, str], expected: str) -> None:
    assert expected in asterisk(site, **{**SHIPPED, **GOOD, **changes}), why


def test_files_of_asterisk(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text(
        "[t](!)\nx = 1\n[one](t)\nY=>2 ; said\n;--\n[never]\n--;\n#include a.conf\n#tryinclude none.conf\n"
        "[one](+)\nz = \\;3\n"
    )
    found = sections(tmp_path, "a.conf")
    assert found[-1].name == "one"
    assert ("y", "2") in found[-1].lines
    assert ("x", "1") in found[-1].lines
    assert "never" not in {section.name for section in found}
    assert sections(tmp_path, "none.conf") == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_finding_has_its_text_and_its_advice(language: str) -> None:
    source = "\n".join(
        path.read_text("utf-8")
        for path in [ROOT / "dialpact/cli/asterisk.py", *(ROOT / "dialpact/application/doctor").glob("*.py")]
    )

    said = dict.fromkeys(re.findall(r'\b(?:ok|skip|warn|fail|bad)\(f?"([\w-]+)', source))
    said.pop("calendar-", None)
    said |= dict.fromkeys(("calendar-missing", "calendar-provisional"))
    advised = set(re.findall(r'\b(?:warn|fail|bad)\("([\w-]+)"', source)) | {
        "calendar-missing",
        "calendar-provisional",
    }
    said |= dict.fromkeys(RESULTS)
    advised |= {code for code, result in RESULTS.items() if result != "skip"}
    catalogue = texts.catalogue(language)  # type: ignore[arg-type]
    tables = {
        name: {key.partition(".")[2] for key in catalogue if key.startswith(f"{name}.")}
        for name in ("doctor", "advice", "check")
    }
    assert tables["doctor"] == set(said)
    assert tables["advice"] == advised
    assert tables["check"] >= set(re.findall(r'^    \("([\w-]+)", \w+\.\w+\),$', source, re.MULTILINE))


def test_for_programs(home: Home) -> None:
    json.loads(home.run("asterisk", "doctor", "--json", code=3).stdout)

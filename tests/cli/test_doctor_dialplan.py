"""Asterisk's files as doctor reads them: whatever lies there, and what lies around a dialplan."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from dialpact.application.doctor import conf, dialplan, pbx
from dialpact.application.doctor.finding import DoctorFinding, Site
from dialpact.compliance import config as configuration
from dialpact.compliance.dialplan.codes import RESULTS, PlanFinding
from dialpact.compliance.errors import ConfigError
from tests.cli.conftest import Home
from tests.cli.doctor_page import PAGES, page
from tests.compliance.dialplan.written import ASK, DIAL, steps

OURS = "#include extensions_dialpact.conf\n"
SHIPPED = Path(__file__).parents[2] / "dialplan/extensions_dialpact.conf"


@pytest.fixture
def site(home: Home) -> Site:
    etc = home.path / "etc"
    etc.mkdir()
    (etc / SHIPPED.name).write_bytes(SHIPPED.read_bytes())
    return Site(configuration.load(home.config), datetime(2026, 10, 21, tzinfo=UTC), date(2026, 10, 21), etc)


def write(site: Site, **files: str) -> None:
    for name, text in files.items():
        (site.etc / f"{name}.conf").write_text(text, "utf-8")


def keys(found: Iterable[DoctorFinding]) -> list[str]:
    return [item.key for item in found]


def flaws(folder: Path, name: str = "a.conf") -> list[tuple[str, str]]:
    return [(flaw.code, str(flaw.place)) for flaw in conf.read(folder, name)[1]]


def entries(folder: Path, name: str = "a.conf") -> list[tuple[str, str, str, str]]:
    return [
        (section.name, entry.key, entry.value, str(entry.place))
        for section in conf.read(folder, name)[0]
        for entry in section.entries
    ]


def test_lines_keep_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text(
        "[t](!)\nx => 1 ; said\n[one](t)\n;-- of\nmany --;Y = 2;--a--;3\n"
        '#include "b.conf"\nz = a\\;b\n;---\nv=4\n'
    )
    (tmp_path / "b.conf").write_text("w = 5\n")
    assert entries(tmp_path) == [
        ("one", "x", "1", "a.conf:2"),
        ("one", "Y", "23", "a.conf:5"),
        ("one", "w", "5", "b.conf:1"),
        ("one", "z", "a;b", "a.conf:7"),
        ("one", "v", "4", "a.conf:9"),
    ]
    assert flaws(tmp_path) == []


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        ("a file that is not there", "[a]\n#include none.conf\n", [("conf-missing", "a.conf:2")]),
        ("that may not be there", "[a]\n#tryinclude none.conf\n", []),
        ("a pattern that finds none", "[a]\n#include none*.conf\n", [("conf-missing", "a.conf:2")]),
        ("a program", '#exec "/bin/make"\n', [("conf-exec", "a.conf:1")]),
        ("itself", "[a]\n#include a.conf\n", [("conf-deep", "a.conf:2")]),
        ("a folder", "[a]\n#include folder\n", [("conf-unreadable", "a.conf:2")]),
        ("a pipe that nobody writes to", "[a]\n#include pipe\n", [("conf-unreadable", "a.conf:2")]),
        ("a long line", "[a]\nx=" + "y" * 9000, [("conf-long", "a.conf:2")]),
    ],
)
def test_what_can_not_be_read_is_said_with_its_place(
    tmp_path: Path, why: str, text: str, expected: list[tuple[str, str]]
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.conf").write_text(text)
    assert flaws(tmp_path) == expected, why


def test_signs_that_are_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"[a]\n; \xb1\xb8\xd7\xa2\nx = \xb1\xb8\n")
    assert flaws(tmp_path) == [("conf-encoding", "a.conf:3")]  # a remark in GB18030 is nobody's concern


def test_files_without_end(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("[a]\nx=1\n" + f"x={'1' * 80}\n" * 210_000)
    assert (tmp_path / "a.conf").stat().st_size > conf.BYTES
    assert flaws(tmp_path) == [("conf-large", "a.conf"), ("conf-large", f"a.conf:{conf.MOST + 1}")]


def test_includes_of_everything(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("[a]\nx=1\n" + "x=1\n" * 200)
    (tmp_path / "b.conf").write_text("[a]\n#include *.conf\n#include {a,b}{a,b}{a,b}.conf\n")
    began = time.perf_counter()
    conf.read(tmp_path, "b.conf")
    assert time.perf_counter() - began < 1


def test_ten_files_deep_as_asterisk(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.conf").write_text(f"[c{number}]\nx=1\n#include {number + 1}.conf\n")
    assert [name for name, *_ in entries(tmp_path, "0.conf")] == [f"c{number}" for number in range(10)]
    assert flaws(tmp_path, "0.conf") == [("conf-deep", "9.conf:3")]


def test_includes_that_double_at_each_step_end(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("[a]\n#include a.conf\n#include a.conf\nexten => 1,1,NoOp\n")
    found = flaws(tmp_path)  # (each step twice would never end)
    assert {code for code, _ in found} == {"conf-deep"}


def test_twenty_thousand_lines(site: Site) -> None:
    text = OURS
    for number in range(1_000):
        text += steps(
            "Set(CAMPAIGN=a)", ASK, DIAL, "GotoIf($[${A}]?1)", *["NoOp(${EXTEN})"] * 12,
            f"Goto(c{(number * 7) % 1000},${{EXTEN}},1)", "Hangup()", context=f"c{number}",
        ) + f"\ninclude => c{(number + 1) % 1000}\n"  # fmt: skip
    write(site, extensions=text)
    assert text.count("\n") > 20_000
    assert keys(dialplan.written(site))[-1] == "dialplan"  # (1.5 s on a machine with nothing else to do)


@pytest.mark.parametrize(
    ("listens", "asks", "expected"),
    [
        ("127.0.0.1:4573", "", []),
        ("127.0.0.1:4573", "DIALPACT_GATE=localhost:4573\n", []),
        ("0.0.0.0:4573", "DIALPACT_GATE=10.0.0.5:4573\n", []),
        ("10.0.0.5:4573", "DIALPACT_GATE=10.0.0.5:4573\n", []),
        ("127.0.0.1:4574", "", ["dialplan-gate"]),
        ("127.0.0.1:4573", "DIALPACT_GATE=10.0.0.5:4573\n", ["dialplan-gate"]),
        ("127.0.0.1:4573", "DIALPACT_GATE=127.0.0.1:4574\n", ["dialplan-gate"]),
        ("127.0.0.1:4573", "DIALPACT_GATE=nonsense\n", ["dialplan-gate"]),
        ("127.0.0.1:4573", "DIALPACT_AGI=dialpact-agi\n", ["dialplan-gate-agi"]),
    ],
)
def test_where_the_gate_is_asked(site: Site, listens: str, asks: str, expected: list[str]) -> None:
    write(site, extensions=f"[globals]\n{asks}{OURS}{steps(ASK, DIAL)}")
    here = msgspec.structs.replace(site.config.gate, listen=listens)
    there = replace(site, config=msgspec.structs.replace(site.config, gate=here))
    assert keys(dialplan.written(there)) == [*expected, "dialplan"]


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        (
            "there",
            "[applicationmap]\ndialpact-callee => *9,self,Gosub\ndialpact-agent => *9,self,Gosub\n",
            ["features"],
        ),
        ("one of them", "[applicationmap]\ndialpact-callee => *9,self,Gosub\n", ["features-missing"]),
        ("in another section", "[featuremap]\ndialpact-callee => *9,self\n", ["features-missing"]),
        (
            "taken",
            "[featuremap]\ndisconnect => *\nblindxfer => #\n[applicationmap]\n"
            "dialpact-callee => *9,self,Gosub\ndialpact-agent => *9,self,Gosub\n",
            ["features", "features-clash"],
        ),
    ],
)
def test_features(site: Site, why: str, text: str, expected: list[str]) -> None:
    write(site, features=text)
    assert keys(pbx.features(site)) == expected, why


def test_the_secrets_file_and_the_doctors_rights(site: Site) -> None:
    ami = msgspec.structs.replace(site.config.ami, doctor_username="doctor")
    here = replace(site, config=msgspec.structs.replace(site.config, ami=ami))
    write(
        site,
        manager="[general]\n#include m_dialpact.conf\n",
        m_dialpact="[dialpact]\nsecret=a\neventfilter=b\n",
    )
    (site.etc / "m_dialpact.conf").chmod(0o644)
    (site.etc / "manager.conf").chmod(0o644)  # there is no secret in it
    assert keys(pbx.manager(here)) == ["manager-open"]
    (site.etc / "m_dialpact.conf").chmod(0o640)
    assert keys(pbx.manager(here)) == ["manager"]
    text = "[general]\n#include m_dialpact.conf\n[doctor]\nsecret=b\nwrite=reporting,command\n"
    write(site, manager=text)
    (site.etc / "manager.conf").chmod(0o640)
    assert keys(pbx.manager(here)) == ["manager", "manager-doctor-rights"]


def test_what_lies_around_a_dialplan(site: Site) -> None:
    write(
        site,
        extensions=OURS + steps(ASK, "Goto(call,${EXTEN},1)") + f"\n[call]\nexten => _1X.,1,{DIAL}\n"
        "[desk]\nexten => 1,1,Queue(sales)\n",
        pjsip="#exec more\n[phones](!)\ntype=endpoint\ncontext=call\n[1001](phones)\n",
        queues="[sales]\nmember => PJSIP/138@carrier,0\n",
        extconfig="[settings]\nextensions => odbc,asterisk\n",
    )
    (site.etc / "extensions.lua").write_text("")
    found = list(dialplan.written(site))
    # [call] is entered by a telephone: not only where [out], which asks, jumps to.
    assert keys(found) == [
        "unseen-language", "unseen-realtime", "conf-exec", "dial-half-asked", "dialplan-queue", "dialplan",
    ]  # fmt: skip
    (half,) = [item for item in found if item.key == "dial-half-asked"]
    assert half.place == {
        "context": "call",
        "extension": "_1X.",
        "priority": 1,
        "file": "extensions.conf",
        "line": 6,
    }


def test_a_great_many_findings_are_counted() -> None:
    found = list(dialplan.found(PlanFinding("dial-retry", {}) for _ in range(dialplan.MOST + 3)))
    assert keys(found) == ["dial-retry"] * dialplan.MOST + ["dialplan-more"]
    assert found[-1].values == {"code": "dial-retry", "count": "3"}


def test_the_doctors_own_secret(home: Home) -> None:
    config = configuration.load(home.config)
    with pytest.raises(ConfigError, match="doctor_secret_file"):
        config.doctor_secret()
    (home.path / "doctor.secret").write_text("s3cr3t-of-the-doctor\n")
    assert config.doctor_secret() == "s3cr3t-of-the-doctor"


def test_every_code_is_said_by_somebody() -> None:
    root = Path(__file__).parents[2]
    sources = "".join(
        path.read_text("utf-8")
        for folder in ("dialpact/compliance/dialplan", "dialpact/application/doctor")
        for path in (root / folder).glob("*.py")
        if path.name != "codes.py"
    )
    assert [code for code in RESULTS if f'"{code}"' not in sources] == []


@pytest.mark.parametrize("language", PAGES)
def test_the_page_has_every_code_with_its_text(language: Literal["en", "zh"]) -> None:
    """Made by ``python -m tests.cli.doctor_page``."""
    assert PAGES[language].read_text("utf-8") == page(language)

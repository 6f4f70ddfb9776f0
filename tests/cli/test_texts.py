"""Every text in both languages, every text used, every use with its text."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from string import Formatter

import msgspec
import pytest

from dialpact.application.doctor.finding import fail
from dialpact.compliance import errors
from dialpact.compliance.model import Business, CallerId, Campaign, Consent, DncEntry, Script
from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.script import Hit
from dialpact.compliance.registers.suspension import SuspensionEntry
from dialpact.compliance.texts import LANGUAGES
from dialpact.presentation import texts
from dialpact.presentation.finding import said
from dialpact.web.console import texts as console

ROOT = Path(__file__).parents[2]
SOURCES = "\n".join(
    path.read_text("utf-8")
    for folder in (
        "dialpact/application",
        "dialpact/cli",
        "dialpact/presentation",
        "dialpact/web",
        "dialpact/compliance/cdr",
        "dialpact/compliance/inspection",
        "dialpact/compliance/registers",
        "dialpact/store",
    )
    for path in (ROOT / folder).rglob("*.py")
)
SQL = (ROOT / "dialpact/store/units/sql/imports.sql").read_text("utf-8")
ENGLISH = {**texts.catalogue("en"), **console.own("en")}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def table(name: str) -> set[str]:
    return {key.partition(".")[2] for key in ENGLISH if key.startswith(f"{name}.")}


def test_the_catalogues_are_parallel() -> None:
    chinese = {**texts.catalogue("zh"), **console.own("zh")}
    assert set(ENGLISH) == set(chinese)
    for key, text in ENGLISH.items():
        assert placeholders(text) == placeholders(chinese[key]), key
        assert text.strip() and chinese[key].strip()


def test_every_fault_has_its_text_and_every_text_its_fault() -> None:
    raised = set(re.findall(r'Fault\(\s*"([\w-]+)"', SOURCES)) | set(
        re.findall(r"SELECT line, '([\w-]+)'", SQL)
    )
    raised |= set(re.findall(r'Unread\(.+, "([\w-]+)"\)', SOURCES))
    assert raised == table("fault")


def test_every_fault_fills_its_text() -> None:
    for key, arguments in re.findall(
        r'Fault\(\s*"([\w-]+)"((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)', SOURCES
    ):
        given = set(re.findall(r"\b(\w+)=", arguments))
        assert placeholders(ENGLISH[f"fault.{key}"]) <= given, key


def test_every_remark_is_used_and_there() -> None:
    assert set(re.findall(r'Remark\(\s*"([\w-]+)"', SOURCES)) == table("remark")


def test_every_saying_is_used_and_there() -> None:
    used = set(re.findall(r'"say\.([\w-]+)"', SOURCES))
    assert used == table("say")


def test_a_file_s_common_failures_are_known_by_the_words_of_the_system() -> None:
    for name in table("os-error") - {"of-file"}:
        assert ENGLISH[f"os-error.{name}"] == os.strerror(getattr(errno, name))


def test_the_systems_words_in_a_finding_are_said_in_the_reader_s() -> None:
    for number, words in (
        (errno.ECONNREFUSED, "拒绝连接"),
        (errno.ENOENT, "不存在"),
        (errno.E2BIG, "too long"),
    ):
        found = fail("gate-down", address="127.0.0.1:1", error=os.strerror(number))
        assert words in said(found, "zh")


def test_every_column_has_its_heading() -> None:
    fields = {
        field.name
        for kind in (
            *(Business, Campaign, CallerId, Consent, DncEntry),
            *(Script, SuspensionEntry, Complaint, Hit),
        )
        for field in msgspec.structs.fields(kind)
    }
    assert fields <= table("column")


def test_every_failure_has_its_headline() -> None:
    failures = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    # The base says nothing by itself, and a register's refusal is said whole.
    assert table("error") == failures - {"DialpactError", "RegisterError", "annotations"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_is_refused_in_the_gates_words(language: str) -> None:
    said = texts.fault_text(
        Fault("number", value="'110'", problem="emergency-number", flaw="emergency"), language
    )
    assert said.startswith("'110'")
    assert "{" not in said

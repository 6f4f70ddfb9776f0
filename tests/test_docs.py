"""What the pages say: they name what exists, they name all of it, and both languages say the same.

``make docs`` builds them with more care; what is here needs nothing that a test run does not have.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from typer.main import get_command

from dialpact.cli.app import app
from dialpact.compliance import profile
from dialpact.compliance.registers import caller_id, consent, dnc, leads
from dialpact.compliance.sections import Section

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENGLISH = sorted(page.name for page in DOCS.glob("*.md") if not page.name.endswith(".zh-CN.md"))
READMES = ("README.md", "README.zh-CN.md")
# What one README said until it became a page per task.
TASKS = ("guarantees", "demo", "dialplan", "install", "registers", "officer", "proof", "faults", "operations")
PAGES = [ROOT / name for name in (*READMES, "CONTRIBUTING.md", "SECURITY.md", "SECURITY.zh-CN.md")]
PAGES += sorted(DOCS.glob("*.md"))


def chinese(name: str) -> str:
    return name.replace(".md", ".zh-CN.md")


def prose(page: Path) -> str:
    """Without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As Markdown's readers make them of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_what_exists(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", prose(page)):
        found = page.parent / target if target else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), (target, anchor)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:`|^)make ([a-z]+(?:-[a-z]+)*)", page.read_text("utf-8"), re.MULTILINE):
        assert re.search(rf"^(?:[a-z-]+ )*{target}(?: [a-z-]+)*:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", READMES)
def test_a_readme_is_read_in_five_minutes(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("name", ENGLISH)
def test_every_page_has_both_languages_and_its_place(name: str) -> None:
    other = DOCS / chinese(name)
    assert other.exists()
    assert f"[中文]({other.name})" in (DOCS / name).read_text("utf-8")
    assert f"[English]({name})" in other.read_text("utf-8")
    if name != "index.md":
        assert f"]({name})" in (DOCS / "index.md").read_text("utf-8")
        assert f"]({other.name})" in (DOCS / "index.zh-CN.md").read_text("utf-8")


def test_no_page_is_in_chinese_only() -> None:
    assert sorted(page.name for page in DOCS.glob("*.zh-CN.md")) == sorted(map(chinese, ENGLISH))


@pytest.mark.parametrize("name", ["README.md", *(f"docs/{name}" for name in ENGLISH)])
def test_both_languages_say_the_same(name: str) -> None:
    """Same headings, same kinds of code, same dialplans, tables of the same size."""
    texts = [(ROOT / found).read_text("utf-8") for found in (name, chinese(name))]
    for mark in ("\n## ", "\n### ", "\n| --- ", "\n|"):
        assert texts[0].count(mark) == texts[1].count(mark), mark
    blocks = [re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) for text in texts]
    assert [kind for kind, _ in blocks[0]] == [kind for kind, _ in blocks[1]]
    code = [[body for kind, body in found if kind == "ini"] for found in blocks]
    assert code[0] == code[1]


@pytest.mark.parametrize("suffix", ["", ".zh-CN"])
def test_the_pages_name_every_command_and_every_column(suffix: str) -> None:
    text = "".join((DOCS / f"{name}{suffix}.md").read_text("utf-8") for name in TASKS)
    for command in get_command(app).commands:  # type: ignore[attr-defined]
        assert re.search(rf"(dialpact |`){command}\b", text), command
    columns = (DOCS / f"registers{suffix}.md").read_text("utf-8")
    for noun in (caller_id, consent, dnc, leads):
        for column in noun.COLUMNS:
            assert f"`{column}`" in columns, column


@pytest.mark.parametrize("page", ["profiles.md", "profiles.zh-CN.md"])
def test_the_page_of_profiles_has_every_section_and_every_key(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    for name in profile.names():
        assert f"`{name}`" in text or f"`{name}`、" in text, name
    sections = {
        field.name: kind
        for field in msgspec.structs.fields(profile.Profile)
        for kind in get_args(field.type)
        if isinstance(kind, type) and issubclass(kind, Section)
    }
    assert {"hours", "suspension"} <= set(sections)
    common = {field.name for field in msgspec.structs.fields(Section)}
    for name, kind in sections.items():
        assert f"`[{name}]`" in text, name
        for field in msgspec.structs.fields(kind):
            assert f"`{field.name}`" in text, (name, field.name)
    assert all(f"| `{key}` |" in text for key in common)


def test_both_pages_of_ranges_have_the_same_figures() -> None:
    english, other = (
        [re.findall(r"\| +([\d.]+|-)(?= \|)", line) for line in re.findall(r"^\|.*$", page, re.MULTILINE)]
        for page in (
            (DOCS / name).read_text("utf-8") for name in ("range-dialling.md", "range-dialling.zh-CN.md")
        )
    )
    assert english == other


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_picture_is_drawn_from_its_text(language: str) -> None:
    """``python docs/picture/draw.py`` draws it anew."""
    spec = importlib.util.spec_from_file_location("draw", DOCS / "picture" / "draw.py")
    assert spec and spec.loader
    draw = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw)
    assert (DOCS / "picture" / f"call.{language}.svg").read_text("utf-8") == draw.svg(language)

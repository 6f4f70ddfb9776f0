"""Every text that a page wants is there, and every text of the console is wanted somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from dialpact.presentation import texts as shared
from dialpact.web import console
from dialpact.web.console import texts

FOLDER = Path(console.__file__).parent
TEMPLATES = "\n".join(file.read_text("utf-8") for file in FOLDER.rglob("*.html"))
SOURCES = TEMPLATES + "\n".join(file.read_text("utf-8") for file in FOLDER.rglob("*.py"))
# By tables whose names are made as they are asked for: ``t("role." ~ role)``.
MADE = set(re.findall(r'"([\w-]+)\." ?~', SOURCES)) | set(re.findall(r'f"([\w-]+)\.\{', SOURCES)) | {"fault"}


def test_every_text_that_a_page_wants_is_there() -> None:
    wanted = set(re.findall(r'\bt\("([\w-]+\.[\w.-]+)"[,)]', TEMPLATES))
    wanted |= set(re.findall(r'\.text\("([\w-]+\.[\w.-]+)"[,)]', SOURCES))
    wanted |= set(re.findall(r'\bsaid="([\w-]+\.[\w.-]+)"', SOURCES))
    there = {*texts.own("zh"), *shared.catalogue("zh")}
    assert not wanted - there


def test_every_text_is_wanted() -> None:
    unused = {
        key for key in texts.own("zh") if f'"{key}"' not in SOURCES and key.partition(".")[0] not in MADE
    }
    assert not unused


def test_no_text_is_there_twice() -> None:
    """What the command line says too is not written again."""
    assert not {key for key in texts.own("zh") if key in shared.catalogue("zh")}

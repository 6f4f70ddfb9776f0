"""doctor looks at each recipe, as at the dialplan of a site that uses it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dialpact.application.doctor.dialplan import files, shipped
from dialpact.compliance.dialplan.codes import RESULTS
from dialpact.compliance.dialplan.judge import Around, Judged, judge

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "dialplan" / "recipes").glob("*.conf"))
BESIDES = {"bot-audiosocket": "bot-websocket", "power-dialler-amd": "queue"}
EXPECTED = {"supervisor": ["dialplan-whisper", "dialplan-whisper"]}
TRUNKS = {"carrier": "PJSIP/carrier", "carrier2": "PJSIP/carrier2"}
INSIDE = ("parking", "supervisor")  # no call of theirs leaves by a trunk


def examined(folder: Path, recipe: Path, wrong: tuple[str, str] = ("", "")) -> Judged:
    """``wrong``: what is written instead in all of it."""
    names = [recipe.stem, *([BESIDES[recipe.stem]] if recipe.stem in BESIDES else [])]
    shutil.copy(ROOT / "dialplan" / "extensions_dialpact.conf", folder)
    text = "#include extensions_dialpact.conf\n"
    subroutines: set[str] = set()
    for name in names:
        source = recipe.with_name(f"{name}.conf").read_text("utf-8")
        subroutines |= set(re.findall(r"Gosub\(([a-z-]+),", source))
        (folder / f"{name}.conf").write_text(source.replace(*wrong) if wrong[0] else source, "utf-8")
        text += f"#include {name}.conf\n"
    (folder / "extensions.conf").write_text(text, "utf-8")
    plan = files(folder)
    entries = frozenset(name for name, context in plan.contexts.items() if not context.ours)
    return judge(plan, Around(TRUNKS, entries - subroutines, {"sales": ()}, shipped()))


def codes(judged: Judged) -> list[str]:
    return sorted(one.code for one in judged.findings if RESULTS[one.code] != "skip")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.stem)
def test_it_is_clean(tmp_path: Path, recipe: Path) -> None:
    judged = examined(tmp_path, recipe)
    expected = EXPECTED.get(recipe.stem, [])
    assert codes(judged) == expected, judged.findings
    assert all(code in recipe.read_text("utf-8") for code in expected), "the recipe has to say so"
    assert bool(judged.dials) == (recipe.stem not in INSIDE)


@pytest.mark.parametrize(
    "recipe", [one for one in RECIPES if one.stem not in INSIDE], ids=lambda one: one.stem
)
@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("iU(dialpact-answered)", "i", "dial-no-interlock"),
        ("${DIALPACT_NUMBER}", "9${DIALPACT_NUMBER}", "dial-number-changed"),
        ("_1XXXXXXXXXX", "_X.", "dialplan-open"),
    ],
)
def test_and_would_not_be_otherwise(tmp_path: Path, recipe: Path, right: str, wrong: str, code: str) -> None:
    assert code in codes(examined(tmp_path, recipe, (right, wrong)))


LINKED = re.compile(r"dialplan/recipes/([a-z-]+\.conf)\)")


@pytest.mark.parametrize("page", ["recipes.md", "recipes.zh-CN.md"])
def test_the_page_has_each_recipe_and_no_other(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert sorted(LINKED.findall(text)) == [recipe.name for recipe in RECIPES]
    # What is to be replaced is in the file.
    for words, name in re.findall(r"^\| \[[^|]*?([a-z-]+\.conf)\) \|[^|]*\| ([^|]*) \|", text, re.MULTILINE):
        recipe = (ROOT / "dialplan" / "recipes" / words).read_text("utf-8")
        for word in re.findall(r"`([^`]+)`", name):
            assert word in recipe, (words, word)

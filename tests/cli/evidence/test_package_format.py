"""docs/package-format.md: the vectors beside it, and a verifier that was written from it alone."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.evidence import verify
from dialpact.store.sqlite import create
from dialpact.store.units import ledger
from tests.cli.evidence import stranger
from tests.cli.evidence.conftest import Packaged
from tests.cli.evidence.packages import files, resigned
from tests.cli.evidence.test_lies import LIES, MANIFESTS, TABLE, Case, lied, place  # noqa: F401
from tests.corpus.packages import make

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / name for name in ("package-format.md", "package-format.zh-CN.md")]
VECTORS: dict[str, Any] = json.loads(make.FILE.read_text("utf-8"))
# Found only by who looks at what people read, which the stranger leaves to others; or at several keys.
LEFT = ("foreign-key", "rotation-nobody-logged")


def test_the_vectors_are_what_the_product_computes() -> None:
    assert make.FILE.read_text("utf-8") == make.written()


def test_the_page_has_every_vector_and_both_languages_the_same() -> None:
    english, chinese = (page.read_text("utf-8") for page in PAGES)
    named = set(re.findall(r"v:([a-z]+)", english)) - {"name"}
    assert named == set(re.findall(r"v:([a-z]+)", chinese)) == VECTORS.keys()
    assert re.findall(r"`[a-z-]+` \d", english) == re.findall(r"`[a-z-]+` \d", chinese)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_has_the_columns_of_each_record(page: Path, tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    queries = (Path(ledger.__file__).parent / "sql/ledger.sql").read_text("utf-8")
    text = page.read_text("utf-8")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        for kind, version in ledger.VERSIONS.items():
            (columns,) = re.findall(rf"^\| `{kind}` {version} \| (.*) \|$", text, re.MULTILINE)
            name = f"{kind.replace('-', '_')}_{version}"
            (query,) = re.findall(rf"-- name: {name}\(key\)\^\n(.*?);", queries, re.DOTALL)
            found = [column for column, *_ in connection.execute(query, {"key": ""}).description]
            assert columns.replace("record_sha256", "record").split() == found, kind


def test_the_stranger_agrees_on_the_vectors() -> None:
    key, tree = VECTORS["key"]["public"], VECTORS["tree"]
    for one in VECTORS["canonical"]:
        assert stranger.canonical(stranger.read(one["json"])) == one["canonical"]
    for text in VECTORS["strict"]:
        with pytest.raises(stranger.Bad):
            stranger.read(text)
        with pytest.raises((ValueError, RecursionError)):
            verify.strict(text)
    record, root = VECTORS["record"], bytes.fromhex(tree["roots"][-1])
    leaf = stranger.leaf(record["salt"], record["text"].encode())
    assert leaf.hex() == record["leaf"] == tree["leaves"][3]
    assert stranger.included(leaf, 3, 7, tree["inclusion"]["proof"], root)
    assert not stranger.included(leaf, 2, 7, tree["inclusion"]["proof"], root)
    before = bytes.fromhex(tree["roots"][2])
    assert stranger.consistent(3, before, 7, root, tree["consistency"]["proof"])
    assert verify.continues(3, before, 7, root, tree["consistency"]["proof"])
    assert not stranger.consistent(4, before, 7, root, tree["consistency"]["proof"])
    assert stranger.checkpoint(VECTORS["checkpoint"], key) == (7, root)
    said = VECTORS["manifest"]
    assert stranger.signed(said["note"], key)[1] == (
        f"manifest.json {stranger.sha(said['text'].encode())} {len(said['text'])}"
    )
    link = VECTORS["rotation"]
    assert stranger.signed(link["word"], link["old"]) == ["dialpact/pbx1", f"next key {link['new']}"]
    one = VECTORS["enclosed"]
    assert stranger.enclosed(one["manifest"], one["entries"], one["withheld"], one["files"]) == one["detail"]
    zipped = base64.b64decode(VECTORS["zip"]["base64"])
    assert {name: text.decode() for name, text in stranger.unzip(zipped).items()} == VECTORS["zip"]["files"]


def test_the_stranger_finds_a_package_valid_and_every_lie(place: Packaged) -> None:  # noqa: F811
    """Each in a word that both verifiers say too."""
    case = Case(files(place.package), place.call)
    stranger.verify(place.data, place.key)
    for row in tomllib.loads(TABLE.read_text("utf-8"))["case"]:
        name, manifest = row["name"], {}
        if name in MANIFESTS:
            manifest = MANIFESTS[name](json.loads(case.whole["manifest.json"]))
        change = {} if name in MANIFESTS else LIES[name](case)
        data = resigned(lied(case, change), place.signer, **manifest)
        with pytest.raises(stranger.Bad) as bad:
            stranger.verify(data, place.key)
        assert str(bad.value) in row["signed"] or name in LEFT, (name, bad.value)

"""``mapping``: what a supplier calls its columns is said once, and kept with who said it."""

from __future__ import annotations

import json
import sqlite3

from tests.cli.conftest import Home

ODD = "热线,号主\n13800138000,x\n"
DNC = ("--scope", "all", "--source", "bank")


def test_a_mapping_is_saved_with_an_import_and_read_by_the_next(home: Home) -> None:
    file = home.file("a.csv", ODD)
    home("dnc", "import", file, *DNC, "--mapping", "银行A", code=1)
    home("dnc", "import", file, *DNC, "--map", "number=热线", "--save-mapping", "银行A")
    assert home("mapping", "list") == [{"id": "银行A", "columns": {"number": "热线"}}]
    other = home.file("b.csv", ODD.replace("138000", "138001"))
    assert home("dnc", "import", other, *DNC, "--mapping", "银行A")["columns"] == {"number": "热线"}
    assert len(home("dnc", "list")) == 2
    gone = home.file("c.csv", ODD.replace("热线", "专线"))
    assert "热线" in home("dnc", "import", gone, *DNC, "--mapping", "银行A", code=1)["error"]
    said = home("dnc", "import", gone, *DNC, "--mapping", "银行A", "--map", "number=专线")
    assert said["columns"] == {"number": "专线"}


def test_of_a_mapping_only_what_the_register_has_counts(stocked: Home) -> None:
    stocked("mapping", "add", "bank", "--map", "number=热线", "--map", "evidence=号主")
    assert stocked("dnc", "import", stocked.file("a.csv", ODD), *DNC, "--mapping", "bank")["left_out"] == [
        "号主"
    ]


def test_what_can_not_be_saved_is_not_imported(home: Home) -> None:
    file = home.file("a.csv", ODD)
    home("mapping", "add", "bank", "--map", "number=专线")
    taken = home("dnc", "import", file, *DNC, "--map", "number=热线", "--save-mapping", "bank", code=1)
    assert "bank" in taken["error"]
    plain = home.file("b.csv", "电话\n13800138000\n")
    assert "--map" in home("dnc", "import", plain, *DNC, "--save-mapping", "c", code=1)["error"]
    assert home("dnc", "list") == []
    assert home("mapping", "add", "bank", "--map", "number=专线")["result"] == "already"


def test_an_import_that_is_not_done_saves_nothing(home: Home) -> None:
    file = home.file("a.csv", ODD.replace("13800138000", "110"))
    home("dnc", "import", file, *DNC, "--map", "number=热线", "--save-mapping", "bank", code=1)
    assert home("mapping", "list") == []


def test_a_mapping_is_an_act(home: Home) -> None:
    home("mapping", "add", "bank", "--map", "number=热线", "--by", "chen")
    home("mapping", "remove", "bank", "--reason", "new contract", "--by", "wang")
    shown = home("mapping", "show", "bank", code=1)
    assert [(one["action"], one["by"]) for one in shown["history"]] == [("add", "chen"), ("remove", "wang")]
    assert home("ledger", "verify")["findings"] == 0


def test_our_columns_may_be_named_in_chinese_too(home: Home) -> None:
    file = home.file("a.csv", ODD)
    assert home("dnc", "import", file, *DNC, "--map", "号码=热线")["columns"] == {"number": "热线"}
    assert home("mapping", "add", "a", "--map", "手机号=热线")["entry"]["columns"] == {"number": "热线"}
    # Of opt-outs an industry is the value of a scope, of consents it is a column.
    assert "行业" in home("mapping", "add", "b", "--map", "行业=x", code=1)["error"]


def test_what_is_no_mapping(home: Home) -> None:
    assert "colour" in home("mapping", "add", "a", "--map", "colour=x", code=1)["error"]
    assert "COLUMN=NAME" in home("mapping", "add", "a", "--map", "number", code=1)["error"]


def test_people_read_it(home: Home) -> None:
    home.run("mapping", "add", "bank", "--map", "number=热线")
    assert "number=热线" in home.run("mapping", "list").stdout
    assert "热线" in home.run("mapping", "show", "bank", "--lang", "zh").stdout


def test_a_carrier_s_list_by_its_mapping(stocked: Home) -> None:
    file = stocked.file("list.csv", "业务代码,客户\n02787654321,某某公司\n")
    command = ("caller-id", "reconcile", "--carrier-list", file)
    assert "业务代码" in stocked(*command, code=1)["error"]
    map = ("--map", "number=业务代码", "--map", "holder=客户", "--save-mapping", "ct")
    assert stocked(*command, *map)["differences"] == []
    again = stocked(*command, "--mapping", "ct")
    assert again["columns"] == {"number": "业务代码", "holder": "客户"}
    with sqlite3.connect(stocked.path / "dialpact.db") as database:
        ((detail,), _) = database.execute("SELECT detail FROM register_change WHERE action = 'reconcile'")
    database.close()
    assert json.loads(detail)["columns"] == again["columns"]


def test_bad_rows_are_mended_under_the_names_of_their_file(home: Home) -> None:
    """The file of bad rows is imported by what was said of the first; of numbers alone it has their name."""
    odd = home.file("a.csv", ODD + "110,y\n")
    command = (*DNC, "--map", "number=热线", "--skip-bad")
    home("dnc", "import", odd, *command)
    bad = (home.path / "a.csv.bad.csv").read_text("utf-8")
    home.file("a.csv.bad.csv", bad.replace("110", "13800138009"))
    assert home("dnc", "import", "a.csv.bad.csv", *command)["applied"] == 1
    alone = home.file("b.txt", "312,2345678\n312,1\n")
    assert home("dnc", "import", alone, *DNC, "--numbers-only", "--skip-bad")["bad"] == 1
    bad = (home.path / "b.txt.bad.csv").read_text("utf-8")
    home.file("b.txt.bad.csv", bad.replace("312,1\n", "312,2345679\n").replace("312,1\r", "312,2345679\r"))
    assert home("dnc", "import", "b.txt.bad.csv", *DNC)["applied"] == 1
    assert {one["number"][:5] for one in home("dnc", "list")} == {"+8613", "+1312"}

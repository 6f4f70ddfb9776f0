"""Numbers are read as those of the policy's own country, and anybody can have opted out and complain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Home

NEW_YORK = "+12127360104"


def under(home: Home, profile: str) -> Home:
    text = home.config.read_text("utf-8")
    assert '["cn-hubei-2018"]' in text
    home.config.write_text(text.replace('["cn-hubei-2018"]', f'["{profile}"]'), "utf-8")
    return home


@pytest.mark.parametrize(
    ("profile", "written", "meant"),
    [
        ("us-federal", "2127360104", NEW_YORK),
        ("us-federal", "(212) 736-0104", NEW_YORK),
        ("us-federal", "12127360104", NEW_YORK),
        ("us-federal", "011 86 138 0013 8000", "+8613800138000"),
        ("us-federal", "008613800138000", "+8613800138000"),
        ("us-federal", "8613800138000", "+8613800138000"),
        ("us-federal", "4167360104", "+14167360104"),  # Canada: not called from here, and may refuse
        ("us-federal", "624-736-0104", "+16247360104"),
        ("fr", "01 42 34 56 78", "+33142345678"),
        ("fr", "0033142345678", "+33142345678"),
        ("au", "0412 345 678", "+61412345678"),
        ("au", "0011 852 9123 4567", "+85291234567"),
        ("cn-hubei-2018", "14912345678", "+8614912345678"),
        ("cn-hubei-2018", "17406123456", "+8617406123456"),
        ("cn-hubei-2018", "+852 9123 4567", "+85291234567"),
        ("cn-hubei-2018", "00852-91234567", "+85291234567"),
        ("cn-hubei-2018", "+44 20 7946 0958", "+442079460958"),
        ("cn-hubei-2018", "400 123 4567", "+864001234567"),
        ("cn-hubei-2018", NEW_YORK, NEW_YORK),
    ],
)
def test_a_refusal_is_stored_for_the_number_that_is_meant(
    home: Home, profile: str, written: str, meant: str
) -> None:
    under(home, profile)
    assert home("dnc", "add", written)["entry"]["number"] == meant
    assert [entry["number"] for entry in home("dnc", "list", "--number", written)] == [meant]
    assert home("dnc", "show", meant)["key"] == home("dnc", "show", written)["key"] == meant
    file = home.file("list.csv", f"number,scope,value,requested_at,source\n{written},all,,2026-01-05,12321\n")
    assert home("dnc", "import", file)["already"] == 1
    assert home("dnc", "remove", written, "--scope", "all", "--reason", "own wish")["number"] == meant


@pytest.mark.parametrize(
    ("profile", "written"),
    [
        ("us-federal", "13800138000"),  # no number there; nobody says that it is a Chinese one
        ("us-federal", "7360104"),
        ("us-federal", "911"),
        ("us-federal", "212-911-0104"),
        ("cn-hubei-2018", "110"),
        ("cn-hubei-2018", "95588"),
        ("cn-hubei-2018", "027 95588"),
        ("cn-hubei-2018", "0212345678"),  # a digit is missing
        ("cn-hubei-2018", "85291234567"),
        ("cn-hubei-2018", "+852 9123 456"),
        ("cn-hubei-2018", "+999 12345678"),
        ("cn-hubei-2018", "10690001234567890123"),
    ],
)
def test_what_could_be_two_numbers_or_is_none_is_refused(home: Home, profile: str, written: str) -> None:
    assert home_refuses(under(home, profile), written)
    assert home("dnc", "list") == []


def home_refuses(home: Home, written: str) -> str:
    return str(home("dnc", "add", written, code=1)["error"])


@pytest.mark.parametrize(("language", "advice"), [("en", "+ and its code"), ("zh", "国家代码")])
def test_the_advice_leads_to_no_stranger(home: Home, language: str, advice: str) -> None:
    assert advice in home.run("dnc", "add", "2127360104", "--lang", language, code=1).stderr


@pytest.mark.parametrize("number", ["14912345678", "17406123456", "+852 9123 4567", "0085291234567"])
def test_a_complaint_of_anybody_is_filed_with_its_deadline(home: Home, number: str) -> None:
    called = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    filed = home("complaint", "add", number, "--at", called, "--received-at", "2026-03-02 12:00", code=1)
    assert "before it begins" in filed["error"]
    filed = home("complaint", "add", number, "--at", "2026-03-02 10:00", "--received-at", "2026-03-02 12:00")
    entry = filed["entry"]
    assert (entry["due"], filed["opt_out"]["number"]) == ("2026-03-23", entry["number"])
    assert [one["id"] for one in home("complaint", "list", "--number", number, "--overdue")] == [entry["id"]]
    home.run("evidence", "export", "--complaint", "1", "-o", str(home.path / "package.zip"))


def test_leads_and_consents_are_read_at_home(stocked: Home) -> None:
    under(stocked, "us-federal")
    provenance = ("--campaign", "renewal", "--partner", "P", "--contract", "K", "--basis", "consent")
    file = stocked.file("us.csv", "number\n2127360104\n")
    assert stocked("leads", "import", file, *provenance)["applied"] == 1
    assert [batch["file"] for batch in stocked("leads", "find", "(212) 736-0104")] == ["us.csv"]
    agreed = ("--business", "acme", "--industry", "保险", "--evidence", "form 7")
    assert stocked("consent", "add", "2127360104", *agreed)["entry"]["number"] == NEW_YORK
    head = "number,business,industry,granted_at,expires_at,evidence\n"
    rows = stocked.file("consents.csv", head + "212 736 0105,acme,保险,2026-01-05,,form 8\n")
    assert stocked("consent", "import", rows)["applied"] == 1
    assert stocked("consent", "show", "2127360105")["key"] == "+12127360105"
    assert stocked("consent", "withdraw", "1-212-736-0104", "--business", "acme")["withdrawn"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("calls", "list", "--number"),
        ("recordings", "list", "--number"),
        ("complaint", "list", "--number"),
        ("consent", "list", "--number"),
        ("dnc", "list", "--number"),
    ],
)
def test_filters_take_a_number_as_it_is_written_at_home(home: Home, arguments: Sequence[str]) -> None:
    assert under(home, "us-federal")(*arguments, "(212) 736-0104") == []


def test_a_broken_profile_does_not_lose_a_refusal_with_its_country(home: Home) -> None:
    home.file("mine.toml", "nothing")
    under(home, "mine.toml")
    assert home("dnc", "add", NEW_YORK)["entry"]["number"] == NEW_YORK
    assert "mine.toml" in home("dnc", "add", "2127360104", code=1)["error"]

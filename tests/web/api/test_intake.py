"""What programs put in, over HTTP: what they are told, and what is in the registers then."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import openpyxl
import pytest

from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.web.api.client import Client, Said, api, key
from tests.web.api.furnished import NUMBER, furnish

OTHER = "13800138001"
FORM = b"%PDF-1.7 I agree"
HASH = hashlib.sha256(FORM).hexdigest()
SCOPES = ("opt-out", "consent", "leads", "registers", "numbers")
CALL = ("check", NUMBER, "--campaign", "jianghan-1", "--caller-id", "02787654321")
LIST = {"campaign": "jianghan-1", "partner": "bank", "contract": "K-1", "basis": "consent"}
QUERY = "&".join(f"{name}={value}" for name, value in LIST.items())
CONSENT = {"number": OTHER, "business": "jianghan", "industry": "保险", "evidence": "form 7"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with api(furnish(home), key(home, "crm", *SCOPES)) as asked:
        yield asked


def errors(said: Said) -> list[tuple[str, str]]:
    assert said.status in (409, 422) and said.headers["content-type"] == "application/problem+json"
    assert all(one["detail"] for one in said.json["errors"])
    return [
        (one.get("pointer") or one.get("parameter") or str(one["row"]), one["code"])
        for one in said.json["errors"]
    ]


def test_a_no_counts_from_the_next_attempt_on(home: Home, client: Client) -> None:
    before = [one["code"] for one in home(*CALL, code=3)["findings"] if one["rule"] == "do_not_call"]
    said = client("POST", "/v1/opt-outs", {"number": NUMBER, "requested_at": "2026-01-02T10:00:00+08:00"})
    assert before == [None] and said.status == 201
    assert "do-not-call" in home(*CALL, code=3)["reasons"]
    first = {"scope": "all", "value": "", "requested_at": "2026-01-02T02:00:00Z", "source": "api:crm"}
    assert said.json == {"result": "added", "number": f"+86{NUMBER}", "unknown": [], **first}
    again = client("POST", "/v1/opt-outs", {"number": f"+86 {NUMBER}", "source": "letter"})
    assert (again.status, again.json) == (200, said.json | {"result": "already"})
    shown = home("dnc", "show", NUMBER)
    assert [(one["how"], one["by"]) for one in shown["opt_outs"]] == [("api", "api:crm")]
    assert [(one["action"], one["by"]) for one in shown["history"]] == [("add", "api:crm")]


def test_a_number_is_shown_to_whom_it_may_be(home: Home, client: Client) -> None:
    masked = client.by(key(home, "plain", "opt-out"))("POST", "/v1/opt-outs", {"number": NUMBER})
    assert masked.status == 201 and NUMBER[3:] not in masked.body.decode()


@pytest.mark.parametrize(
    ("scope", "businesses", "told"),
    [
        ({"scope": "all"}, "hanyang", "***"),
        ({"scope": "all"}, "", f"jianghan, by 138****{OTHER[-4:]}"),
        ({"scope": "business", "value": "jianghan"}, "jianghan", f"jianghan, by 138****{OTHER[-4:]}"),
    ],
)
def test_what_another_wrote_of_a_no(
    home: Home, client: Client, scope: dict[str, str], businesses: str, told: str
) -> None:
    """It stands, and whoever says it again need not be told in whose words."""
    first = {"number": NUMBER, **scope, "source": f"jianghan, by {OTHER}"}
    assert client("POST", "/v1/opt-outs", first).json["source"] == first["source"]
    other = client.by(key(home, "other", "opt-out", businesses=businesses))
    again = other("POST", "/v1/opt-outs", {**first, "source": "told us"})
    assert (again.status, again.json["result"], again.json["source"]) == (200, "already", told)
    # Its own words it may be told, also when it asks again.
    mine = {"number": OTHER, "source": f"from {OTHER}"}
    for result in ("added", "already"):
        said = other("POST", "/v1/opt-outs", mine)
        assert (said.json["result"], said.json["source"]) == (result, mine["source"])


def test_a_number_in_a_supplier_s_name_is_shown_to_whom_it_may_be(home: Home, client: Client) -> None:
    about = {
        "partner": f"tel. {OTHER}",
        "contract": f"K {OTHER}",
        "basis": f"by {OTHER}",
        "title": f"{OTHER}.csv",
    }
    made = client("POST", "/v1/leads", {**LIST, **about, "numbers": [OTHER]})
    assert made.status == 201 and made.body.count(OTHER.encode()) == 4
    shown = client.by(key(home, "plain", "leads"))("GET", made.headers["location"])
    assert (shown.status, shown.json["id"]) == (200, made.json["id"])
    assert OTHER.encode() not in shown.body and shown.body.count(b"138****8001") == 4


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"number": NUMBER, "requested_at": "2099-01-01T00:00:00Z"}, ("#/requested_at", "in-the-future")),
        ({"number": NUMBER, "requested_at": "2026-01-01T00:00:00"}, ("#/requested_at", "bad-value")),
        ({"number": NUMBER, "requested_at": "0001-01-01T00:00:00+23:59"}, ("#/requested_at", "bad-date")),
        ({"number": "12"}, ("#/number", "number")),
        ({"number": ""}, ("#/number", "number")),
        ({"number": "13800138000, 13800138001"}, ("#/number", "two-numbers")),
        ({"number": NUMBER, "scope": "industry"}, ("#/value", "empty")),
        ({"number": NUMBER, "scope": "business", "value": "a b"}, ("#/value", "bad-id")),
        ({"number": NUMBER, "value": "acme"}, ("#/value", "value-with-all")),
        ({"number": NUMBER, "source": "a\u0000b"}, ("#/source", "unprintable")),
        ({"number": NUMBER, "call": "f" * 32}, ("#/call", "not-registered")),
        ({"number": NUMBER, "call": "ffff"}, ("#/call", "not-registered")),
        ({"scope": "all"}, ("#/number", "missing-field")),
        ({"number": NUMBER, "telephone": NUMBER}, ("#/telephone", "unknown-field")),
    ],
)
def test_what_is_no_opt_out_is_told_with_its_place(
    client: Client, body: dict[str, Any], expected: Any
) -> None:
    assert errors(client("POST", "/v1/opt-outs", body)) == [expected]
    place, code = expected
    if code not in ("missing-field", "unknown-field", "bad-value"):
        said = client("POST", "/v1/opt-outs/batch", {"entries": [{"number": OTHER}, body]}, language="zh")
        assert errors(said) == [(f"#/entries/1{place[1:]}", code)]
        assert said.json["code"] == code, "the same as the shell's"
        assert said.json["detail"] != client("POST", "/v1/opt-outs", body).json["detail"]
    assert client("POST", "/v1/opt-outs", {"number": OTHER}).status == 201, "nothing of a batch was taken"


@pytest.mark.parametrize("noun", ["opt-outs", "consents", "consents/withdrawals"])
@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_is_of_one_to_a_thousand(client: Client, noun: str, count: int) -> None:
    one = {"number": NUMBER} | ({} if noun == "opt-outs" else {"business": "jianghan"})
    one |= {"industry": "保险", "evidence": "form"} if noun == "consents" else {}
    assert errors(client("POST", f"/v1/{noun}/batch", {"entries": [one] * count})) == [
        ("#/entries", "bad-value")
    ]


def test_a_thousand_at_once(home: Home, client: Client) -> None:
    numbers = [f"1380013{place:04}" for place in range(1000)]
    said = client(
        "POST", "/v1/opt-outs/batch", {"entries": [{"number": number} for number in numbers]}, key="k"
    )
    assert said.status == 201 and [one["number"][3:] for one in said.json["items"]] == numbers
    assert len(home("dnc", "list", "--limit", "0")) == 1000
    again = client("POST", "/v1/opt-outs/batch", {"entries": [{"number": number} for number in numbers]})
    assert again.status == 200 and {one["result"] for one in again.json["items"]} == {"already"}


def test_a_proof_and_the_consent_that_names_it(home: Home, client: Client) -> None:
    consent = CONSENT | {"granted_at": "2026-01-05T10:00:00+08:00", "evidence_sha256": HASH}
    assert errors(client("POST", "/v1/consents", consent)) == [("#/evidence_sha256", "proof-not-kept")]
    kept = client("POST", "/v1/consents/evidence", raw=FORM, media_type="application/pdf")
    assert (kept.status, kept.json) == (
        201,
        {"result": "added", "sha256": HASH, "bytes": len(FORM), "media_type": "application/pdf"},
    )
    again = client("POST", "/v1/consents/evidence", raw=FORM, media_type="text/plain; charset=utf-8")
    assert (again.status, again.json["result"]) == (200, "already")
    said = client("POST", "/v1/consents", consent)
    assert (said.status, said.json["result"], said.json["evidence_sha256"]) == (201, "added", HASH)
    assert client("POST", "/v1/consents", consent).status == 200
    assert errors(client("POST", "/v1/consents", consent | {"evidence": "form 8"})) == [
        ("#", "consent-differs")
    ]
    assert (home.path / "consent-evidence" / HASH).read_bytes() == FORM
    assert home("consent", "verify") == {"checked": 1, "elsewhere": 0, "findings": []}
    (entry,) = home("consent", "list", "--number", OTHER)
    assert entry["evidence_sha256"] == HASH


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"<html>", "text/html", 415),
        (b"<svg/>", "image/svg+xml", 415),
        (FORM, "application/octet-stream", 415),
        (b"", "application/pdf", 422),
        (bytes((20 << 20) + 1), "audio/wav", 413),
    ],
)
def test_what_is_no_proof(home: Home, client: Client, content: bytes, kind: str, status: int) -> None:
    assert client("POST", "/v1/consents/evidence", raw=content, media_type=kind).status == status
    assert home("consent", "verify") == {"checked": 0, "elsewhere": 0, "findings": []}


def test_a_folder_of_ours_that_can_not_be_written_is_no_fault_of_the_askers(
    home: Home, client: Client
) -> None:
    (home.path / "consent-evidence").write_text("in the way")
    said = client("POST", "/v1/consents/evidence", raw=FORM, media_type="application/pdf", key="k-1")
    assert (said.status, said.json["code"], said.headers["retry-after"]) == (503, "not-now", "60")
    assert str(home.path) not in said.body.decode() and "consent-evidence" not in said.body.decode()
    (home.path / "consent-evidence").unlink()
    assert (
        client("POST", "/v1/consents/evidence", raw=FORM, media_type="application/pdf", key="k-1").status
        == 201
    )


def test_nobody_is_given_a_proof(client: Client) -> None:
    client("POST", "/v1/consents/evidence", raw=FORM, media_type="application/pdf")
    for path in (f"/v1/consents/evidence/{HASH}", f"/consent-evidence/{HASH}", "/v1/consents/evidence"):
        assert client("GET", path).status in (404, 405)


def test_a_withdrawal(home: Home, client: Client) -> None:
    said = client(
        "POST", "/v1/consents/withdrawals", {"number": NUMBER, "business": "jianghan", "reason": "letter"}
    )
    assert (said.status, said.json["result"], said.json["withdrawn"]) == (201, "withdrawn", 1)
    assert "consent-withdrawn" in home(*CALL, code=3)["reasons"]
    again = client("POST", "/v1/consents/withdrawals", {"number": NUMBER, "business": "jianghan"})
    assert (again.status, again.json["result"]) == (200, "already")
    none = client("POST", "/v1/consents/withdrawals", {"number": OTHER, "business": "jianghan"})
    assert (none.status, none.json["code"]) == (422, "no-consent")


def test_numbers_as_json(home: Home, client: Client) -> None:
    body = LIST | {"numbers": [NUMBER, OTHER, NUMBER]}
    said = client("POST", "/v1/leads", body)
    batch = said.json
    assert (said.status, said.headers["location"]) == (201, f"/v1/leads/{batch['id']}")
    assert (said.json["rows"], said.json["bad"], said.json["repeated"], batch["numbers"]) == (3, 0, 1, 2)
    assert (batch["held"], batch["imported_by"], batch["file"]) == ("", "api:crm", "numbers.json")
    shown = client("GET", said.headers["location"]).json
    assert shown == {name: batch[name] for name in shown}
    assert [one["id"] for one in home("leads", "find", OTHER)] == [batch["id"]]
    again = client("POST", "/v1/leads", body)
    assert (again.status, again.json["code"]) == (409, "batch-exists")


def test_lists_that_come_at_once_are_taken_one_after_the_other(home: Home, client: Client) -> None:
    lists = [[f"1{30 + place}{number:08}" for number in range(0, 9000, 3)] for place in range(4)]
    with ThreadPoolExecutor() as together:
        found = list(
            together.map(
                lambda one: client("POST", "/v1/leads", LIST | {"numbers": one, "skip_bad": True}), lists
            )
        )
    assert [said.status for said in found] == [201] * 4
    assert len(home("leads", "list")) == 5


def test_a_list_that_counts_up_is_taken_and_held(home: Home, client: Client) -> None:
    numbers = [f"138001380{place:02}" for place in range(100)]
    said = client("POST", "/v1/leads", LIST | {"numbers": numbers})
    assert said.status == 201 and "run=100" in said.json["held"]
    held = client("GET", said.headers["location"]).json
    assert held["held"] == said.json["held"]
    home.run("leads", "release", str(held["id"]), "--reason", "known customers")
    assert client("GET", said.headers["location"]).json == held | {"held": ""}


def workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["手机号"])
    book.active.append([NUMBER])
    book.create_sheet("二月").append(["number"])
    book["二月"].append([OTHER])
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "more", "numbers"),
    [
        (f"number\n{NUMBER}\n{OTHER}\n".encode(), "text/csv", "", 2),
        (f"{NUMBER}\n{OTHER}\n".encode(), "text/csv", "&numbers_only=true", 2),
        (workbook(), XLSX, "", 2),
        (workbook(), XLSX, "&sheet=%E4%BA%8C%E6%9C%88", 1),
        (f"number\n{NUMBER}\n12\n".encode(), "application/octet-stream", "&skip_bad=true&title=may.csv", 1),
    ],
    ids=["csv", "numbers only", "workbook", "sheet", "bad rows"],
)
def test_a_file(client: Client, content: bytes, kind: str, more: str, numbers: int) -> None:
    said = client("POST", f"/v1/leads?{QUERY}{more}", raw=content, media_type=kind)
    assert (said.status, said.json["numbers"]) == (201, numbers), said.json
    if "skip_bad" in more:
        assert [(one["row"], one["code"]) for one in said.json["errors"]] == [(3, "number")]
        assert said.json["file"] == "may.csv"


def test_bad_rows_take_nothing_and_are_told(home: Home, client: Client) -> None:
    body = LIST | {"numbers": [NUMBER, "12", "", OTHER, "x\ny"]}
    said = client("POST", "/v1/leads", body)
    assert said.json["code"] == "bad-rows"
    assert errors(said) == [("#/numbers/1", "number"), ("#/numbers/4", "number")]
    said = client("POST", f"/v1/leads?{QUERY}", raw=b"number\n110\n", media_type="text/csv")
    assert errors(said) == [("2", "number")]
    assert len(home("leads", "list")) == 1
    said = client("POST", "/v1/leads", body | {"skip_bad": True})
    assert (said.status, said.json["rows"], said.json["bad"]) == (201, 4, 2)


@pytest.mark.parametrize(
    ("query", "raw", "code"),
    [
        ("campaign=none&partner=b&contract=K&basis=c", b"number\n13800138001\n", "unknown-campaign"),
        ("campaign=jianghan-1", b"number\n13800138001\n", "empty"),
        (QUERY, b"", "no-header"),
        (QUERY, b"number\n", "no-rows"),
        (QUERY, b"colour\nred\n", "missing-column"),
        (QUERY + "&mapping=nobody", b"number\n13800138001\n", "not-registered"),
    ],
)
def test_files_that_are_none(client: Client, query: str, raw: bytes, code: str) -> None:
    said = client("POST", f"/v1/leads?{query}", raw=raw, media_type="text/csv")
    assert (said.status, said.json["code"]) == (422, code), said.body


def test_a_list_has_a_bound_and_leaves_the_room_without_which_no_call_is_made(
    home: Home, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How full the disk of a test is, is no door's."""
    monkeypatch.setattr("dialpact.application.jobs.files.LEAST_FREE", 1 << 60)
    for how in ({"raw": b"number\n", "media_type": "text/csv"}, {"body": LIST | {"numbers": [OTHER]}}):
        said = client("POST", f"/v1/leads?{QUERY}" if "raw" in how else "/v1/leads", **how)
        assert (said.status, said.json["code"]) == (503, "not-now")
    monkeypatch.undo()
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("most_upload_mb = 256", "most_upload_mb = 1"), "utf-8")
    with api(home, client.token) as smaller:
        file = b"number\n" + b"\n" * (1 << 20)
        assert smaller("POST", f"/v1/leads?{QUERY}", raw=file, media_type="text/csv").status == 413


def test_json_has_all_in_its_body(client: Client) -> None:
    said = client("POST", "/v1/leads?skip_bad=true", LIST | {"numbers": [OTHER]})
    assert errors(said) == [("skip_bad", "unknown-field")]
    assert client("POST", "/v1/leads", raw=b"number\n", media_type="text/html").status == 415


@pytest.mark.parametrize("id", ["0", "2", "x", "1" * 30, "%E4%B8%80", "-1"])
def test_a_list_that_is_not_there(client: Client, id: str) -> None:
    said = client("GET", f"/v1/leads/{id}")
    assert (said.status, said.json["code"]) == (404, "not-found")


def test_a_complaint(home: Home, client: Client) -> None:
    body = {"number": OTHER, "called_at": "2026-01-05T10:00:00+08:00", "note": "at night"}
    said = client("POST", "/v1/complaints", body)
    assert (said.status, said.json["result"], said.json["decision"], said.json["status"]) == (
        *(201, "added"),
        *("", "open"),
    )
    assert said.json["opt_out"] == {"result": "added", "scope": "all", "value": ""}
    again = client("POST", "/v1/complaints", body)
    assert (again.status, again.json["id"], again.json["opt_out"]["result"]) == (
        200,
        said.json["id"],
        "already",
    )
    (entry,) = home("complaint", "list")
    assert (entry["note"], entry["source"]) == ("at night", "12321")
    for wrong, code in (
        ({"called_at": "2099-01-01T00:00:00Z"}, "call-to-come"),
        ({"received_at": "2099-01-01T00:00:00Z"}, "in-the-future"),
        ({"caller_id": "x"}, "bad-caller-id"),
        ({"number": "12"}, "number"),
        ({"source": " "}, "empty"),
    ):
        assert client("POST", "/v1/complaints", body | wrong).json["code"] == code


def test_a_script_waits_for_a_person(home: Home, client: Client) -> None:
    said = client("POST", "/v1/scripts", {"id": "new", "text": "您好\n保证收益，稳赚不赔"})
    assert (said.status, said.json["result"], said.json["state"]) == (201, "added", "not-approved")
    assert [one["line"] for one in said.json["forbidden"]]
    mended = client("POST", "/v1/scripts", {"id": "new", "text": "您好"})
    assert (mended.status, mended.json["result"], mended.json["version"]) == (201, "updated", 2)
    assert client("POST", "/v1/scripts", {"id": "new", "text": "您好"}).status == 200
    shown = client("GET", mended.headers["location"])
    assert (shown.json["state"], shown.json["approved_by"], shown.json["forbidden"]) == (
        "not-approved",
        "",
        [],
    )
    home.run("script", "approve", "new", "--by", "chen")
    shown = client("GET", "/v1/scripts/new")
    assert (shown.status, shown.json["state"], shown.json["approved_by"]) == (200, "approved", "chen")
    for wrong, code in (
        ({"id": "a b"}, "bad-id"),
        ({"text": ""}, "empty"),
        ({"text": "a\u0007"}, "script-control"),
    ):
        assert client("POST", "/v1/scripts", {"id": "new", "text": "您好"} | wrong).json["code"] == code
    assert {client("GET", f"/v1/scripts/{id}").status for id in ("none", "a%20b", "%00")} == {404}


def test_no_address_approves_or_releases() -> None:
    names = [endpoint.name for endpoint in endpoints()]
    assert not [name for name in names if any(word in name for word in ("approv", "releas", "remove"))]
    deleted = {name.split("/")[2] for name in names if name.startswith("DELETE")}
    assert deleted <= {"evidence-packages", "scrubs"}, "jobs, and nothing of a register"


def leaves(home: Home) -> int:
    with closing(sqlite3.connect(home.path / "dialpact.db")) as database:
        found: int = database.execute("SELECT count(*) FROM ledger").fetchone()[0]
        return found


@pytest.mark.parametrize(
    ("path", "body", "changed"),
    [
        ("/v1/opt-outs", {"number": OTHER}, {"source": "x"}),
        ("/v1/consents", CONSENT, {"wording": "x"}),
        ("/v1/consents/withdrawals", {"number": NUMBER, "business": "jianghan"}, {"reason": "x"}),
        ("/v1/leads", LIST | {"numbers": [OTHER]}, {"title": "x"}),
        ("/v1/complaints", {"number": OTHER, "called_at": "2026-01-05T10:00:00+08:00"}, {"note": "x"}),
        ("/v1/scripts", {"id": "new", "text": "您好"}, {"id": "x"}),
    ],
)
def test_the_same_request_twice_is_one_act(
    home: Home, client: Client, path: str, body: Any, changed: Any
) -> None:
    first = client("POST", path, body, key="k-1")
    size = leaves(home)
    again = client("POST", path, body, key="k-1")
    assert first.status == 201 and (again.status, again.body) == (first.status, first.body)
    assert leaves(home) == size
    other = client("POST", path, body | changed, key="k-1")
    assert (other.status, other.json["code"]) == (422, "idempotency-other")


def test_a_list_that_is_to_be_scrubbed_first_is_taken_and_held(home: Home, client: Client) -> None:
    home.run("campaign", "change", "jianghan-1", "--scrub-leads", "--reason", "agreed with the partner")
    said = client("POST", "/v1/leads", LIST | {"numbers": [OTHER]})
    assert (said.status, said.json["held"]) == (201, "not-scrubbed")

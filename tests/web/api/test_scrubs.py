"""Scrubs over HTTP: a list or a batch, judged by a worker; its result, for those whom it belongs to."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.cli.conftest import NUMBER, Home
from tests.web.api import job_made
from tests.web.api.client import Client, Said, api, key
from tests.web.api.ready import sql
from tests.web.api.test_packages import over
from tests.workbooks import packed, parts, table

CALLER_ID = {"Dialpact-Caller-ID": "02787654321"}
QUERY = "campaign=renewal&at=2026-11-24T10:00:00%2B08:00"
ROWS = (NUMBER, "13900139000", "12")
CSV = "number\n" + "".join(f"{row}\n" for row in ROWS)
JSONL = "".join(json.dumps({"number": row}) + "\n" for row in ROWS)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ID = "ab" * 16


def send(client: Client, content: str | bytes, media_type: str = "text/csv", **given: Any) -> Said:
    raw = content.encode() if isinstance(content, str) else content
    query = given.pop("query", QUERY)
    headers = given.pop("headers", CALLER_ID)
    return client("POST", f"/v1/scrubs?{query}", raw=raw, media_type=media_type, headers=headers, **given)


def rows_of(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_a_list_is_judged_row_by_row(stocked: Home, kind: str) -> None:
    content: str | bytes = {"csv": CSV, "jsonl": JSONL}.get(kind, b"")
    if kind == "xlsx":
        content = packed(parts({"list": table(("number",), *((row,) for row in ROWS))}))
    media_type = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson", "xlsx": XLSX}[kind]
    with api(stocked, key(stocked, "crm", "check", "numbers", businesses="acme"), works=True) as client:
        began = send(client, content, media_type, query=f"{QUERY}&form=jsonl", key="k-1")
        assert began.status == 202, began.body
        path = began.headers["location"]
        assert (began.json["campaign"], began.json["batch"]) == ("renewal", None)
        assert send(client, content, media_type, query=f"{QUERY}&form=jsonl", key="k-1").json["id"] in path
        done = over(client, path)
        assert (done["state"], done["error"]) == ("done", None)
        assert (done["result"]["rows"], done["result"]["callable"], done["result"]["bad"]) == (3, 1, 0)
        given = client("GET", f"{path}/result")
        assert given.headers["content-type"] == "application/x-ndjson"
        assert client("GET", f"{path}/result", headers={"Range": "bytes=0-9"}).body == given.body[:10]
        (listed,) = client("GET", "/v1/scrubs").json["items"]
        assert listed == done
    rows = rows_of(given.body)
    assert [row["verdict"] for row in rows] == ["ALLOW", "BLOCK", "BLOCK"]
    assert rows[0]["number"] == f"+86{NUMBER}" and "no-consent" in rows[1]["reasons"]
    assert stocked("calls", "list") == []


def test_numbers_are_for_who_may_see_them(stocked: Home) -> None:
    plain, whole = key(stocked, "plain", "check"), key(stocked, "whole", "check", "numbers")
    with api(stocked, plain, works=True) as client:
        paths = [send(client.by(token), CSV).headers["location"] for token in (plain, whole)]
        for path in paths:
            over(client, path)
        masked, refused = (client("GET", f"{path}/result") for path in paths)
        assert masked.status == 200 and NUMBER.encode() not in masked.body
        assert (refused.status, refused.json["code"]) == (403, "not-permitted")
        assert NUMBER.encode() in client.by(whole)("GET", f"{paths[1]}/result").body
        assert client.by(whole)("GET", f"{paths[0]}/result").body == masked.body


def test_a_batch_is_released_by_its_scrub(stocked: Home) -> None:
    stocked.run(
        *("campaign", "add", "held", "--business", "acme", "--industry", "保险", "--purpose", "marketing"),
        *("--script", "pitch", "--scrub-leads"),
    )
    origin = ("--campaign", "held", "--partner", "bank", "--contract", "K-9", "--basis", "consent")
    batch = stocked("leads", "import", stocked.file("l.csv", f"number\n{NUMBER}\n"), *origin)["batch"]
    body = {"batch": batch, "caller_id": "02787654321"}
    token = key(stocked, "crm", "leads", businesses="acme")
    with capture_logs(), api(stocked, token, works=True) as client:  # (a command's output is read beside)
        (before,) = [one for one in stocked("leads", "list") if one["id"] == batch]
        assert before["held"]
        began = client("POST", "/v1/scrubs", body)
        assert (began.status, began.json["batch"]) == (202, batch)
        done = over(client, began.headers["location"])
        assert done["state"] == "done", done
        (after,) = [one for one in stocked("leads", "list") if one["id"] == batch]
        assert not after["held"]
        acts = [one for one in stocked("leads", "show", str(batch))["history"] if one["action"] == "scrub"]
        assert [one["by"] for one in acts] == ["api:crm"]
        stocked.run("leads", "withdraw", str(batch), "--reason", "x")
        failed = over(client, client("POST", "/v1/scrubs", body).headers["location"])
        assert (failed["state"], failed["error"]["code"]) == ("failed", "batch-withdrawn")


def test_what_can_not_be_asked(stocked: Home) -> None:
    stocked.run("business", "add", "beta", "--name", "Beta", "--actor", "own-business")
    check, leads = key(stocked, "crm", "check"), key(stocked, "l", "leads")
    other, batch = key(stocked, "o", "check,leads", businesses="beta"), {"batch": 1, "caller_id": "1"}
    with api(stocked, check) as client:
        assert send(client, CSV, "text/plain").status == 415
        for query, code in (
            ("campaign=x", "unknown-campaign"),
            ("", "unknown-campaign"),
            ("number=1", "invalid"),
            ("campaign=renewal&at=0001-01-01T00:00:00Z", "bad-date"),
            ("campaign=renewal&at=1969-12-31T00:00:00Z", "bad-date"),
            ("campaign=renewal&at=2026-11-24T10:00:00", "invalid"),  # in which zone?
        ):
            refused = send(client, CSV, query=query)
            assert (refused.status, refused.json["code"]) == (422, code), query
        missing = send(client, CSV, headers={})
        assert missing.json["errors"][0]["parameter"] == "Dialpact-Caller-ID"
        assert send(client.by(other), CSV).status == 403
        assert send(client.by(leads), CSV).status == 403
        assert client("POST", "/v1/scrubs", batch).status == 403
        for token, body, code in (
            (leads, {"batch": 77, "caller_id": "1"}, "no-batch"),
            (other, batch, "no-batch"),
            (leads, {"batch": "x"}, "invalid"),
        ):
            refused = client.by(token)("POST", "/v1/scrubs", body)
            assert (refused.status, refused.json["code"]) == (422, code), body
        refused = client.by(leads)("POST", "/v1/scrubs?campaign=renewal", batch)
        assert (refused.status, refused.json["code"]) == (422, "scrub-query")
        assert client("GET", "/v1/scrubs").json["items"] == []
    assert not [*(stocked.path / "api-files" / "jobs").glob("[0-9a-f]*")]


def test_no_more_is_taken_than_may_be(stocked: Home) -> None:
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace("most_upload_mb = 256", "most_upload_mb = 1"), "utf-8")
    with api(stocked, key(stocked, "crm", "check")) as client:
        refused = send(client, "number\n" + f"{NUMBER}\n" * 90_000)
        assert (refused.status, refused.json["code"]) == (413, "too-large")


def test_what_is_no_list_says_so(stocked: Home) -> None:
    with api(stocked, key(stocked, "crm", "check"), works=True) as client:
        failed = over(client, send(client, "colour\nred\n").headers["location"])
        said = client("GET", f"/v1/scrubs/{failed['id']}", language="zh").json
        assert client("GET", f"/v1/scrubs/{failed['id']}/result").json["code"] == "job-not-done"
    assert (failed["state"], failed["result"]) == ("failed", None)
    assert failed["error"]["code"] == said["error"]["code"] == "missing-column"
    assert failed["error"]["detail"] != said["error"]["detail"]


def test_another_caller_id_under_the_same_key_is_another_request(stocked: Home) -> None:
    with api(stocked, key(stocked, "crm", "check")) as client:
        assert send(client, CSV, key="k").status == 202
        refused = send(client, CSV, key="k", headers={"Dialpact-Caller-ID": "1"})
        assert (refused.status, refused.json["code"]) == (422, "idempotency-other")


def test_cancelled_and_taken_away(stocked: Home) -> None:
    job_made.scrub(stocked, ID, "renewal", ("acme",))
    with api(stocked, key(stocked, "crm", "check")) as client:
        waiting = send(client, CSV).headers["location"]
        assert client("DELETE", waiting).json["state"] == "cancelled"
        assert client("DELETE", f"/v1/scrubs/{ID}").json["state"] == "expired"
        refused = client("GET", f"/v1/scrubs/{ID}/result")
        assert (refused.status, refused.json["code"]) == (410, "job-expired")
    assert not [*(stocked.path / "api-files" / "jobs").glob("[0-9a-f]*")]


@pytest.mark.parametrize("case", ["another's", "absolute", "above", "input", "link", "pipe", "longer"])
def test_no_row_makes_it_give_out_another_file(stocked: Home, case: str) -> None:
    """Whoever writes the database reads no file of ours by it."""
    other = "cd" * 16
    for id in (ID, other):
        job_made.scrub(stocked, id, "renewal", ("acme",))
    folder = stocked.path / "api-files" / "jobs"
    mine = folder / ID / "result"
    secret = stocked.path / "api.secret"
    named = {"another's": f"../{other}/result", "absolute": str(secret), "above": "../../../api.secret"}
    file, size = named.get(case, "result"), len(job_made.CONTENT)
    if case in ("absolute", "above"):
        size = secret.stat().st_size
    elif case == "input":
        (folder / ID / "input").write_bytes(job_made.CONTENT)
        file = "input"
    elif case == "link":
        mine.unlink()
        mine.symlink_to(folder / other / "result")
    elif case == "pipe":
        mine.unlink()
        os.mkfifo(mine)
    elif case == "longer":
        size -= 1
    change = "UPDATE job SET result = json_set(result, '$.file', ?, '$.bytes', ?) WHERE id = ?"
    sql(stocked, change, file, size, ID)
    with api(stocked, key(stocked, "crm", "check", businesses="acme")) as client:
        said = client("GET", f"/v1/scrubs/{ID}/result")
        assert (said.status, said.json["code"]) == (410, "job-expired")
        assert client("GET", f"/v1/scrubs/{other}/result").body == job_made.CONTENT

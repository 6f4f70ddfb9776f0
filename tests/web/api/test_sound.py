"""A recording's sound: a range, the whole or nothing, and each access in the ledger before its first byte."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.api import recorded
from tests.web.api.client import Client, Said, api, key
from tests.web.api.recorded import SOUND, call, sound_of

ID, OTHER, GONE = "ab" * 16, "cd" * 16, "ef" * 16
SHA256 = hashlib.sha256(SOUND).hexdigest()
TAG = f'"{SHA256}"'
AUDIO = f"/v1/recordings/{ID}/audio"
SIZE = len(SOUND)


@pytest.fixture
def office(home: Home) -> Home:
    for business in ("jianghan", "hanyang"):
        home.run("business", "add", business, "--name", business, "--actor", "own-business")
    made = [call(f"{place:032x}", business) for place, business in enumerate(("jianghan", "hanyang"))]
    recorded.put(home, *made)
    recorded.keep(home, recorded.recording(home, ID, made[0]), recorded.recording(home, OTHER, made[1]))
    return home


@pytest.fixture
def client(office: Home) -> Iterator[Client]:
    with api(office, key(office, "ears", "evidence", businesses="jianghan")) as client:
        yield client


def rows(office: Home, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db:
        return db.execute(query).fetchall()


def acts(office: Home) -> list[dict[str, Any]]:
    """With who did it; each has its leaf."""
    found = rows(
        office,
        "SELECT seq, actor, key, detail FROM register_change"
        " WHERE register = 'recording' AND action = 'heard' ORDER BY seq",
    )
    for seq, *_ in found:
        assert rows(office, f"SELECT 1 FROM ledger WHERE kind = 'register-change' AND key = '{seq}'")
    return [json.loads(detail) | {"by": actor, "recording": key} for _, actor, key, detail in found]


def code(said: Said) -> tuple[int, str]:
    assert said.headers["content-type"] == "application/problem+json"
    return said.status, said.json["code"]


def test_the_whole(office: Home, client: Client) -> None:
    said = client("GET", AUDIO)
    assert (said.status, said.body) == (200, SOUND)
    told = said.headers
    assert (told["etag"], told["accept-ranges"], told["content-type"]) == (TAG, "bytes", "audio/wav")
    assert told["cache-control"] == "private, no-store" and int(told["content-length"]) == SIZE
    digest = base64.b64encode(hashlib.sha256(SOUND).digest()).decode()
    assert told["repr-digest"] == f"sha-256=:{digest}:"
    assert told["content-disposition"] == f'attachment; filename="{ID}-mix.wav"'
    (act,) = acts(office)
    whole = {"side": "mix", "first": 0, "last": SIZE - 1, "bytes": SIZE, "sha256": SHA256}
    assert act == {"by": "api:ears", "recording": ID, **whole}
    (shown,) = office("recordings", "show", ID)["history"]
    assert (shown["action"], shown["by"], shown["detail"]) == ("heard", "api:ears", whole)


def test_who_heard_it_is_in_the_package_and_the_log_is_whole(office: Home, client: Client) -> None:
    assert client("GET", AUDIO, headers={"Range": "bytes=0-9"}).status == 206
    office.run("evidence", "export", "--call", f"{0:032x}", "-o", "package.zip", "--by", "chen")
    assert office("evidence", "verify", "package.zip")["findings"] == []
    with zipfile.ZipFile(office.path / "package.zip") as package:
        inside = b"".join(package.read(name) for name in package.namelist() if name.endswith(".json"))
    assert b"heard" in inside and b"api:ears" in inside
    office.run("ledger", "verify")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-7", SIZE - 7, SIZE - 1),
        (f"bytes=-{SIZE + 5}", 0, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE * 9}", SIZE - 1, SIZE - 1),
        (f"bytes=300000-{10**30}", 300_000, SIZE - 1),
        ("BYTES=1-2", 1, 2),
        ("bytes= 1-2 ", 1, 2),
    ],
)
def test_a_range(office: Home, client: Client, asked: str, first: int, last: int) -> None:
    for more in ({}, {"If-Range": TAG}):
        said = client("GET", AUDIO, headers={"Range": asked, **more})
        assert said.status == 206
        assert said.body == SOUND[first : last + 1]
        assert said.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
        assert said.headers["content-length"] == str(last + 1 - first)
        assert said.headers["etag"] == TAG
    assert [(act["first"], act["last"]) for act in acts(office)] == [(first, last)] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=5-1"},
        {"Range": "bytes=-"},
        {"Range": "bytes=x-1"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=0-1,5-6"},  # of several the whole
        {"Range": "bytes=1-2", "If-Range": '"other"'},
        {"Range": "bytes=1-2", "If-Range": f"W/{TAG}"},
        {"Range": "bytes=1-2", "If-Range": "Tue, 24 Nov 2026 02:00:00 GMT"},
        {"If-None-Match": '"other"'},
        {"If-Match": f'"other", {TAG}'},
    ],
)
def test_what_is_no_range_is_the_whole(client: Client, headers: dict[str, str]) -> None:
    said = client("GET", AUDIO, headers=headers)
    assert (said.status, said.body) == (200, SOUND)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={10**40}-", "bytes=-0"])
def test_a_range_behind_the_end(office: Home, client: Client, asked: str) -> None:
    said = client("GET", AUDIO, headers={"Range": asked})
    assert code(said) == (416, "range")
    assert said.headers["content-range"] == f"bytes */{SIZE}"
    assert acts(office) == []


def test_what_gives_no_byte_is_no_access(office: Home, client: Client) -> None:
    for tag in (TAG, f"W/{TAG}", "*", f'"x", {TAG}'):
        said = client("GET", AUDIO, headers={"If-None-Match": tag, "Range": "bytes=0-1"})
        assert (said.status, said.body, said.headers["etag"]) == (304, b"", TAG)
    head = client("HEAD", AUDIO)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(SIZE))
    assert code(client("GET", AUDIO, headers={"If-Match": '"other"'})) == (412, "precondition")
    assert acts(office) == []


def test_sides_and_those_that_are_none(client: Client) -> None:
    assert client("GET", f"{AUDIO}?side=mix").status == 200
    for side in ("callee", "agent"):
        said = client("GET", f"{AUDIO}?side={side}")
        assert code(said) == (404, "no-recording-file")
        assert side in said.json["detail"]
    assert code(client("GET", f"{AUDIO}?side=both")) == (422, "invalid")


def test_anothers_is_as_none(office: Home, client: Client) -> None:
    for id in (OTHER, GONE, "x", ID[:8]):
        assert code(client("GET", f"/v1/recordings/{id}/audio")) == (404, "not-found")
    assert acts(office) == []
    everybody = client.by(key(office, "all", "evidence"))
    assert everybody("GET", f"/v1/recordings/{OTHER}/audio").body == SOUND


def _changed(file: Path) -> None:
    with file.open("r+b") as out:
        out.write(b"x")


def _link(file: Path) -> None:
    file.rename(file.with_suffix(".old"))
    file.symlink_to(file.with_suffix(".old"))


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (_changed, "recording-changed"),
        (_link, "recording-changed"),
        (lambda file: os.truncate(file, SIZE - 1), "recording-changed"),
        (Path.unlink, "recording-missing"),
    ],
)
def test_a_file_that_is_another_is_given_to_nobody(
    office: Home, client: Client, happens: Callable[[Path], None], said: str
) -> None:
    happens(sound_of(office, ID))
    for headers in ({}, {"Range": "bytes=100-200"}, {"Range": f"bytes={SIZE}-"}):
        refused = client("GET", AUDIO, headers=headers)
        assert code(refused) == (409, said)
        assert SOUND[100:110] not in refused.body and str(office.path) not in refused.body.decode()
    assert acts(office) == []
    (incident,) = rows(office, "SELECT kind, decision FROM incident")
    assert incident == ("recording-changed", f"{0:032x}")


def test_what_is_not_what_the_ledger_has(office: Home, client: Client) -> None:
    sound_of(office, ID).write_bytes(b"forged")
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        db.execute("DROP TRIGGER recording_end_is_final")
        forged = hashlib.sha256(b"forged").hexdigest()
        db.execute("UPDATE recording SET sha256 = ? WHERE id = ?", (forged, ID))
    assert code(client("GET", AUDIO)) == (409, "recording-flawed")
    assert acts(office) == []


def test_one_that_was_disposed_of_and_one_that_is_made(office: Home, client: Client) -> None:
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        db.execute("DROP TRIGGER recording_is_disposed_of_by_a_disposal")
        db.execute("UPDATE recording SET disposed_at = '2026-11-25T00:00:00.000000Z' WHERE id = ?", (ID,))
    assert code(client("GET", AUDIO)) == (410, "recording-disposed")
    made = call("9" * 32)
    recorded.put(office, made)
    new = recorded.recording(office, GONE, made)
    recorded.within(office, lambda store: store.recordings.start(new))
    assert code(client("GET", f"/v1/recordings/{GONE}/audio")) == (409, "recording-not-over")


def test_one_under_a_hold_is_heard_as_any(office: Home, client: Client) -> None:
    office.run("recordings", "hold", ID, "--reason", "court", "--by", "chen")
    assert client("GET", AUDIO).body == SOUND


def test_where_the_act_can_not_be_written_nothing_is_heard(office: Home, client: Client) -> None:
    assert client("GET", AUDIO, headers={"Range": "bytes=0-1"}).status == 206
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        db.execute(
            "CREATE TRIGGER no_more BEFORE INSERT ON register_change WHEN NEW.action = 'heard'"
            " BEGIN SELECT RAISE(ABORT, 'no more'); END"
        )
    said = client("GET", AUDIO)
    assert said.status >= 400 and SOUND[:100] not in said.body


def test_it_ends_where_the_file_is_touched_while_it_is_heard(office: Home, client: Client) -> None:
    """Half of it does not look like the whole: the connection ends before its length."""
    big = SOUND * 64
    made = call("8" * 32)
    recorded.put(office, made)
    new = recorded.recording(office, GONE, made)
    sound_of(office, GONE).write_bytes(big)
    sha256 = hashlib.sha256(big).hexdigest()

    async def finish(store: Any) -> None:
        await store.recordings.start(new)
        await store.recordings.finish(recorded.ended(new, sha256=sha256, bytes=len(big)))

    recorded.within(office, finish)

    async def slowly() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.asker.port, limit=1 << 16)
        lines = (
            f"GET /v1/recordings/{GONE}/audio HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {client.token}",
            "",
            "",
        )
        writer.write("\r\n".join(lines).encode())
        found = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in found and f"content-length: {len(big)}".encode() in found.lower()
        found = await reader.readexactly(1 << 16)
        with sound_of(office, GONE).open("r+b") as out:
            out.seek(len(big) - 10)
            out.write(b"forged")
        with contextlib.suppress(ConnectionError):
            found += await reader.read(-1)
        writer.close()
        return found

    async def run() -> bytes:
        async with asyncio.timeout(WAIT):
            return await slowly()

    assert len(asyncio.run(run())) < len(big)


def test_nothing_stays_open(office: Home, client: Client) -> None:
    for headers in ({}, {"Range": "bytes=0-9"}, {"Range": f"bytes={SIZE}-"}, {"If-None-Match": TAG}):
        client("GET", AUDIO, headers=headers)
    client("HEAD", AUDIO)
    held = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            held.append(str(path.readlink()))
    assert held and not [path for path in held if path.endswith(f"{ID}.wav")]

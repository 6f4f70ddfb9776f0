"""Letters between supervisor and operator: by whom, to whom, in time, once; and what they give away."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

from dialpact.application.ledger import resumption
from dialpact.application.supervised import answering
from dialpact.application.supervised.ours import Desk as OwnDesk
from dialpact.application.supervision.desk import Desk
from dialpact.application.supervision.post import Unreachable, post
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.supervision import letter
from dialpact.compliance.supervision.letter import LIVES, LONGEST, SKEW, Answer, Question, Request
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.web.supervised import supervised
from tests.agi.office import NUMBER, STRANGER
from tests.supervision.conftest import Joined
from tests.supervision.site import PAGES, Supervisor, Watched
from tests.web.asking import made

OWN = "+86" + NUMBER


async def question(desk: Desk, one: Watched, number: str = OWN, **changes: Any) -> Question:
    secret = (await desk.store.operators.get(one.name)).secret
    now, id = desk.now(), changes.get("id", "ab" * 16)
    made = Question(
        id=id,
        operator=f"dialpact/{one.name}",
        supervisor=desk.signer.name,
        at=now,
        until=now + LIVES,
        since=now - timedelta(minutes=30),
        before=now + timedelta(minutes=30),
        callee=letter.keyed(secret, id, number),
    )
    return msgspec.structs.replace(made, **changes)


async def answered(one: Watched, text: str) -> Answer:
    async with one.context() as context:
        said = await answering.answer(context, one.config, OwnDesk(), text)
    return letter.opened(said, Answer, [Verifier.parse(one.vkey)])


async def code_of(one: Watched, text: str) -> str:
    try:
        await answered(one, text)
    except Refusal as refusal:
        return refusal.code
    return "answered"


async def test_the_number_is_compared_and_never_sent(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    await one.call()
    text = letter.sealed(desk.signer, await question(desk, one))
    assert NUMBER not in text and "138" not in text
    assert (await answered(one, text)).said == "called"
    other = letter.sealed(desk.signer, await question(desk, one, "+86" + STRANGER, id="cd" * 16))
    assert (await answered(one, other)).said == "none"


async def test_what_was_lost_with_a_backup_is_not_denied(desk: Desk, joined: Joined, tmp_path: Path) -> None:
    """The call was decided and witnessed; a backup from before was restored, and the log went on from it."""
    one = await joined("one")
    one.clock.set("2026-11-24 09:00:00")
    await one.call(STRANGER)
    await one.checkpoint()
    backup = tmp_path / "backup.db"
    one.sql(f"VACUUM INTO '{backup}'")
    one.clock.set("2026-11-24 10:00:00")
    await one.call()
    await one.checkpoint()
    for leftover in one.folder.glob("dialpact.db*"):
        leftover.unlink()
    shutil.copy(backup, one.database)
    one.clock.set("2026-11-24 10:10:00")
    async with one.context() as context:
        await resumption.resume(context, one.config, reason="restored", lost=False)
    name = keys.load(one.config).name
    asked = await question(desk, one, operator=name)
    assert (await answered(one, letter.sealed(desk.signer, asked))).said == "unknown"
    one.clock.set("2026-11-24 12:00:00")
    later = await question(desk, one, operator=name, id="cd" * 16)
    assert (await answered(one, letter.sealed(desk.signer, later))).said == "none", "after it all is there"
    before = {"since": later.at - timedelta(hours=9), "before": later.at - timedelta(hours=4)}
    earlier = await question(desk, one, operator=name, id="ef" * 16, **before)
    assert (await answered(one, letter.sealed(desk.signer, earlier))).said == "none", "and before it"


async def test_the_same_number_has_another_hash_each_time_and_for_each(desk: Desk, joined: Joined) -> None:
    one, two = await joined("one"), await joined("two")
    hashes = {
        (await question(desk, whose, id=id)).callee for whose in (one, two) for id in ("ab" * 16, "cd" * 16)
    }
    assert len(hashes) == 4


async def test_whoever_has_the_secret_can_try_numbers(desk: Desk, joined: Joined) -> None:
    """The hash keeps the number from everybody else, not from who answers: said in SECURITY.md."""
    one = await joined("one")
    asked = await question(desk, one, "+8613800138123")
    secret = bytes.fromhex((one.folder / "supervision.secret").read_text())
    tried = (f"+8613800138{last:03}" for last in range(1000))
    found = [number for number in tried if letter.keyed(secret, asked.id, number) == asked.callee]
    assert found == ["+8613800138123"]
    other = bytes.fromhex("00" * 32)
    assert letter.keyed(other, asked.id, "+8613800138123") != asked.callee


async def test_an_answer_has_one_length_whatever_it_says(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    for _ in range(12):
        await one.call()
    lengths = set()
    for place, number in enumerate((OWN, "+86" + STRANGER)):
        text = letter.sealed(desk.signer, await question(desk, one, number, id=f"{place:032x}"))
        async with one.context() as context:
            said = await answering.answer(context, one.config, OwnDesk(), text)
        lengths.add(len(said))
    big = Answer(
        id="0" * 32,
        operator="dialpact/one",
        supervisor=desk.signer.name,
        at=desk.now(),
        until=desk.now(),
        question="0" * 64,
        said="unknown",
        calls=(1 << 53) - 1,
        looked=(1 << 53) - 1,
        erased=(1 << 53) - 1,
        around=(1 << 53) - 1,
    )
    lengths.add(len(letter.sealed(keys.load(one.config), big)))
    assert len(lengths) == 1


async def test_a_letter_counts_once(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    text = letter.sealed(desk.signer, await question(desk, one))
    assert [await code_of(one, text) for _ in range(2)] == ["answered", "replayed"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("not-for-us", {"operator": "dialpact/two"}),
        ("not-for-us", {"supervisor": "another"}),
        ("expired", {"at": -LIVES - SKEW - timedelta(seconds=1), "until": timedelta()}),
        ("expired", {"at": SKEW + timedelta(seconds=1), "until": LIVES}),
        ("expired", {"until": -timedelta(seconds=1)}),
        ("expired", {"until": LIVES + timedelta(seconds=1)}),
        ("window-too-long", {"since": -LONGEST, "before": timedelta(seconds=1)}),
        ("window-too-long", {"since": timedelta(), "before": timedelta()}),
        ("window-too-long", {"since": timedelta(), "before": -timedelta(hours=1)}),
        ("to-come", {"since": timedelta(hours=1), "before": timedelta(hours=2)}),
    ],
)
async def test_a_letter_is_refused(desk: Desk, joined: Joined, code: str, changes: dict[str, Any]) -> None:
    one = await joined("one")
    now = desk.now()
    given = {key: now + value if isinstance(value, timedelta) else value for key, value in changes.items()}
    assert await code_of(one, letter.sealed(desk.signer, await question(desk, one, **given))) == code
    assert not one.sql("SELECT 1 FROM register_change WHERE register = 'supervision'")


async def test_only_the_supervisor_may_ask(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    asked = await question(desk, one)
    thief = keys.signer_of(keys.generate(), desk.signer.name)
    assert await code_of(one, letter.sealed(thief, asked)) == "not-signed"
    assert await code_of(one, letter.sealed(keys.load(one.config), asked)) == "not-signed"


async def test_no_kind_of_letter_passes_for_another(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    asked = await question(desk, one)
    body = msgspec.json.encode(asked).decode()
    for first in ("dialpact-request/1", "dialpact-answer/1", "dialpact-question/2", ""):
        text = desk.signer.sign(f"{first or 'x'}\n{body}\n")
        assert await code_of(one, text) == "malformed"
    checkpoint = desk.signer.sign(Checkpoint(desk.signer.name, 1, bytes(32)).body())
    assert await code_of(one, checkpoint) == "malformed"
    twice = body.replace('"callee"', '"callee":"' + "0" * 64 + '","extra"')
    assert await code_of(one, desk.signer.sign(f"dialpact-question/1\n{twice}\n")) == "malformed"


async def test_letters_are_counted(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    ours = msgspec.structs.replace(one.config.supervision, letters_per_hour=2)
    one.config = msgspec.structs.replace(one.config, supervision=ours)
    codes = [
        await code_of(one, letter.sealed(desk.signer, await question(desk, one, id=f"{place:032x}")))
        for place in range(3)
    ]
    assert codes == ["answered", "answered", "too-often"]


async def test_an_erased_record_is_never_a_no(desk: Desk, joined: Joined) -> None:
    """Whoever can not compare says so."""
    one = await joined("one")
    await one.call(STRANGER)
    one.sql("DROP TRIGGER ledger_erased_with_leave")
    one.sql("DROP TRIGGER decision_is_final")
    one.sql("UPDATE ledger SET salt = NULL WHERE kind = 'decision'")
    text = letter.sealed(desk.signer, await question(desk, one, "+86" + STRANGER))
    given = await answered(one, text)
    assert (given.said, given.erased, given.looked) == ("unknown", 1, 0)


async def test_calls_round_the_gate_are_told(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    async with one.context() as context:
        await context.store.incidents.add(at=desk.now(), node="one", kind="no-decision", channel="PJSIP/x")
    given = await answered(one, letter.sealed(desk.signer, await question(desk, one)))
    assert (given.said, given.around) == ("none", 1)


async def test_evidence_is_given_for_what_was_answered_alone(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    one = await joined("one")
    await one.call()

    async def fetched(id: str, asked: str, signer: Signer = desk.signer) -> str:
        now = desk.now()
        request = Request(
            id=id,
            operator="dialpact/one",
            supervisor=desk.signer.name,
            at=now,
            until=now + LIVES,
            question=asked,
        )
        text = letter.sealed(signer, request).encode()
        try:
            await post(f"http://127.0.0.1:{one.port}/supervision/package", text, 1 << 20, 30)
        except Refusal as refusal:
            return refusal.code
        return "given"

    async with one.web(desk):
        assert await fetched("1" * 32, "ab" * 16) == "unknown-question"
        await answered(one, letter.sealed(desk.signer, await question(desk, one, "+86" + STRANGER)))
        assert await fetched("2" * 32, "ab" * 16) == "nothing-to-give"
        await answered(one, letter.sealed(desk.signer, await question(desk, one, id="cd" * 16)))
        assert await fetched("3" * 32, "cd" * 16) == "given"
        assert await fetched("3" * 32, "cd" * 16) == "replayed"
        thief = keys.signer_of(keys.generate(), desk.signer.name)
        assert await fetched("4" * 32, "cd" * 16, thief) == "not-signed"


async def test_evidence_that_nobody_waits_for_is_gone_at_once(
    desk: Desk, joined: Joined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Voices are in it: its file goes with the answer, also where the supervisor has left meanwhile."""
    one = await joined("one")
    await one.call()
    now, temporary = desk.now(), tmp_path / "temporary"
    temporary.mkdir()
    request = Request(
        id="1" * 32,
        operator="dialpact/one",
        supervisor=desk.signer.name,
        at=now,
        until=now + LIVES,
        question="cd" * 16,
    )
    body = letter.sealed(desk.signer, request).encode()

    said = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(said, None) or await asyncio.Future()

    async def send(_: object) -> None:
        assert [file.suffix for file in temporary.rglob("*.zip")] == [".zip"]
        raise ConnectionResetError

    async with one.web(desk):
        await answered(one, letter.sealed(desk.signer, await question(desk, one, id="cd" * 16)))
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        parts = made(one.config, one.clock)
        path = {"path": "/supervision/package", "raw_path": b"/supervision/package", "query_string": b""}
        scope = {"type": "http", "method": "POST", "headers": [], "http_version": "1.1", **path}
        async with parts.opened():
            with pytest.raises(ConnectionResetError):
                await Starlette(routes=list(supervised(PAGES)(parts.site)))(scope, receive, send)
            assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "https://user:secret@example.com/",
        "https://example.com/?q=1",
        "http://127.0.0.1.example.com/",
        "https://",
    ],
)
async def test_letters_go_nowhere_else(url: str) -> None:
    with pytest.raises(Unreachable):
        await post(url, b"", 10, 5)


async def test_a_stranger_costs_no_look_at_the_database(desk: Desk, joined: Joined) -> None:
    """Refused before anything is opened: also where there is no key to answer by."""
    one = await joined("one")
    (one.folder / "ledger.key").unlink()
    asked = await question(desk, one)
    thief = keys.signer_of(keys.generate(), desk.signer.name)
    assert await code_of(one, letter.sealed(thief, asked)) == "not-signed"


@pytest.mark.parametrize("at", ["2026-11-24T02:00:00", "0000", "2026-11-24T02:00:00+99:00"])
async def test_a_time_without_a_zone_is_none(desk: Desk, joined: Joined, at: str) -> None:
    one = await joined("one")
    asked = msgspec.to_builtins(await question(desk, one))
    for name in ("at", "until", "since", "before"):
        body = msgspec.json.encode(asked | {name: at}).decode()
        assert await code_of(one, desk.signer.sign(f"dialpact-question/1\n{body}\n")) == "malformed"


@pytest.mark.parametrize(
    ("content", "mode"), [(b"00" * 32, 0o644), (b"00" * 31, 0o600), (b"", 0o600), (b"\xff" * 64, 0o600)]
)
async def test_a_secret_that_is_none_answers_nothing(
    desk: Desk, joined: Joined, content: bytes, mode: int
) -> None:
    one = await joined("one")
    (one.folder / "supervision.secret").unlink()
    keys.write_new(one.folder / "supervision.secret", content, 0o600)
    (one.folder / "supervision.secret").chmod(mode)
    with pytest.raises(ConfigError, match=r"supervision\.secret"):
        await answered(one, letter.sealed(desk.signer, await question(desk, one)))


@pytest.mark.parametrize("gone", ["supervision.secret", "ledger.key"])
async def test_what_is_out_of_order_here_is_refused_by_a_code(desk: Desk, joined: Joined, gone: str) -> None:
    """And once it is put right the same letter is answered: it was not used up."""
    one = await joined("one")
    await one.call()
    text = letter.sealed(desk.signer, await question(desk, one)).encode()
    async with one.web(desk):
        address = f"http://127.0.0.1:{one.port}/supervision/question"
        (one.folder / gone).rename(one.folder / "away")
        with pytest.raises(Refusal) as refused:
            await post(address, text, 1 << 20, 30)
        assert (refused.value.code, refused.value.status) == ("not-ready", 503)
        (one.folder / "away").rename(one.folder / gone)
        said = (await post(address, text, 1 << 20, 30)).decode()
    assert letter.opened(said, Answer, [Verifier.parse(one.vkey)]).said == "called"

"""The files that prove consents: on the disk and in the log, once, whole, and let go."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.application import consent_evidence, consents, evidence_folder, imports
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.consent_evidence import ORPHANED, EvidenceFinding
from dialpact.application.consents import Given
from dialpact.application.context import Context
from dialpact.compliance.errors import NoRoom, NotPermitted
from dialpact.compliance.registers.consent_evidence import MOST, media_type_of
from dialpact.compliance.registers.fault import Fault, Faults
from dialpact.store.sqlite import Store, create
from dialpact.testing import FixedClock

NUMBER = "+8613800138000"
FORM = "我同意接听保险电话".encode() * 30_000  # several pieces
HASH = hashlib.sha256(FORM).hexdigest()
OTHER = "f" * 64


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Context]:
    create(tmp_path / "a.db")
    async with Store(tmp_path / "a.db", yields=True) as store:  # as dialpact web has it
        yield Context(store, Actor(name="api:crm", door=Door.API), FixedClock("2026-06-01T10:00+08:00"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "proofs"


async def keep(program: Context, folder: Path, content: bytes = FORM, kind: str = "application/pdf") -> str:
    return (await consent_evidence.keep(program, folder, io.BytesIO(content), kind)).outcome


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


async def agree(program: Context, proof: str, number: str = NUMBER) -> None:
    given = Given(number=number, business="acme", industry="loans", evidence="form", evidence_sha256=proof)
    await consents.add_all(program, [given])


async def found(program: Context, folder: Path) -> tuple[int, int, list[tuple[str, str, bool]]]:
    done = await consent_evidence.verify(program, folder)
    assert done.clean == (not done.findings and not done.elsewhere)
    return done.checked, done.elsewhere, [(one.sha256, one.problem, one.named) for one in done.findings]


async def test_a_file_is_kept_under_its_hash_once(program: Context, folder: Path) -> None:
    assert await keep(program, folder) == "added"
    assert await keep(program, folder, kind="text/plain") == "already"
    assert names(folder) == {HASH, evidence_folder.LOCK}
    assert (folder / HASH).read_bytes() == FORM
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / HASH)]
    assert modes == [0o770, 0o640], "the group's too, whatever the umask, and nobody else's"
    (entry,) = (await program.store.consent_evidence.list()).rows
    assert (entry.id, entry.bytes, entry.media_type) == (HASH, len(FORM), "application/pdf")
    (change,) = await program.store.changes.of("plain consent-evidence", HASH)
    assert (change.action, change.by) == ("add", "api:crm")


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (b"", "text/plain", "proof-empty"),
        (b"<script>", "text/html", "proof-kind"),
        (b"x", "image/svg+xml", "proof-kind"),
        (bytes(MOST + 1), "audio/wav", "proof-too-large"),
    ],
)
async def test_what_is_not_kept_leaves_nothing(
    program: Context, folder: Path, content: bytes, kind: str, why: str
) -> None:
    with pytest.raises(Fault) as caught:
        await keep(program, folder, content, kind)
    assert caught.value.key == why
    assert names(folder) == set() and not (await program.store.consent_evidence.list()).rows


async def test_as_much_as_may_be(program: Context, folder: Path) -> None:
    assert await keep(program, folder, bytes(MOST)) == "added"


async def test_proofs_leave_the_room_without_which_no_call_is_made(
    program: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How full the disk of a test is, is no door's."""
    monkeypatch.setattr("dialpact.application.jobs.files.LEAST_FREE", 1 << 60)
    with pytest.raises(NoRoom):
        await keep(program, folder)
    assert names(folder) == set()


async def test_a_folder_that_can_not_be_written_is_told(program: Context, tmp_path: Path) -> None:
    (tmp_path / "proofs").write_text("a file")
    with pytest.raises(Fault, match="proofs"):
        await keep(program, tmp_path / "proofs")


async def test_nobody_without_the_right(program: Context, folder: Path) -> None:
    actor = Actor(name="api:x", door=Door.API, rights=frozenset({Right.OPT_OUT}))
    with pytest.raises(NotPermitted):
        await keep(Context(program.store, actor, program.clock), folder)
    assert not folder.exists()


async def test_a_program_names_a_proof_that_is_kept(program: Context, folder: Path) -> None:
    await keep(program, folder)
    await agree(program, HASH)
    with pytest.raises(Faults) as caught:
        await agree(program, OTHER, "+8613800138001")
    assert [(place, fault.key) for place, fault in caught.value.each] == [(0, "proof-not-kept")]
    assert len((await consents.listed(program)).rows) == 1


async def test_many_at_once_are_one_file(program: Context, folder: Path) -> None:
    done = await asyncio.gather(*(keep(program, folder) for _ in range(40)))
    assert sorted(done) == ["added"] + ["already"] * 39
    assert names(folder) == {HASH, evidence_folder.LOCK}


async def test_nobody_brings_in_while_another_takes_out(program: Context, folder: Path) -> None:
    """Else the one would be told that a file is kept, which the other removes just now."""
    await keep(program, folder, b"first")
    with evidence_folder.locked(folder):
        other = asyncio.create_task(keep(program, folder))
        done, _ = await asyncio.wait({other}, timeout=0.5)
        assert not done and HASH not in names(folder)
        assert len((await program.store.consent_evidence.list()).rows) == 1
    assert await other == "added"


async def test_a_process_that_was_killed_before_the_log_knew(program: Context, folder: Path) -> None:
    """The file has its name, and the log nothing: whoever brings it again ends what was begun."""
    arrived = evidence_folder.take_in(folder, io.BytesIO(FORM))
    arrived.settle()
    assert (await found(program, folder))[2] == [(HASH, "unknown", False)]
    assert await keep(program, folder) == "added"
    assert await found(program, folder) == (1, 0, [])


async def test_what_was_changed_by_hand_is_found_and_mended_by_who_brings_it_again(
    program: Context, folder: Path
) -> None:
    await keep(program, folder)
    await agree(program, HASH)
    assert await found(program, folder) == (1, 0, [])
    (folder / HASH).write_bytes(b"I agree to everything")
    assert (await found(program, folder))[2] == [(HASH, "changed", True)]
    await keep(program, folder)
    assert await found(program, folder) == (1, 0, [])


async def test_what_is_missing_strange_or_not_looked_at(
    program: Context, folder: Path, tmp_path: Path
) -> None:
    await keep(program, folder)
    await agree(program, HASH)
    (folder / HASH).rename(folder / OTHER)  # of a name that nobody knows, and not of its own hash
    header = "number,business,industry,granted_at,expires_at,evidence,evidence_sha256\n"
    file = io.BytesIO(f"{header}13800138001,acme,loans,2026-05-01,,form,{'e' * 64}\n".encode())
    with await imports.into_register(program, "consent", file, name="c.csv"):
        pass
    assert await found(program, folder) == (1, 1, [(HASH, "missing", True), (OTHER, "changed", False)])
    (folder / OTHER).unlink()
    (folder / OTHER).symlink_to(tmp_path / "a.db")
    assert (await found(program, folder))[2][1] == (OTHER, "changed", False), "a link is followed nowhere"


async def test_where_there_is_no_folder_nothing_is_clean_that_was_kept(
    program: Context, folder: Path
) -> None:
    assert await found(program, folder) == (0, 0, [])
    await keep(program, folder)
    folder.rename(folder.with_name("elsewhere"))
    done = await consent_evidence.verify(program, folder)
    assert done.findings == (EvidenceFinding(sha256=HASH, problem="missing", named=False),)


async def test_what_no_consent_names_is_let_go_after_a_week(program: Context, folder: Path) -> None:
    named, orphan = FORM, b"nobody's"
    for content in (named, orphan):
        await keep(program, folder, content)
    await agree(program, HASH)
    program.clock.forward(days=ORPHANED.days)  # type: ignore[attr-defined]
    assert await consent_evidence.tidy(program, folder) == []
    program.clock.forward(seconds=1)  # type: ignore[attr-defined]
    gone = hashlib.sha256(orphan).hexdigest()
    assert await consent_evidence.tidy(program, folder) == [gone]
    assert names(folder) == {HASH, evidence_folder.LOCK}
    assert [one.action for one in await program.store.changes.of("plain consent-evidence", gone)] == [
        "add",
        "remove",
    ]
    assert await found(program, folder) == (1, 0, [])
    with pytest.raises(Faults):
        await agree(program, gone, "+8613800138001")
    assert await keep(program, folder, orphan) == "added", "and who brings it again begins anew"
    assert await consent_evidence.tidy(program, folder) == []


async def test_no_consent_is_overlooked_however_many_there_are(
    program: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of two (its size is no door's): a number with several consents, and a part that ends with it."""
    monkeypatch.setattr("dialpact.store.units.registers.consent_evidence.TOGETHER", 2)
    proofs = [str(place).encode() for place in range(6)]
    for place, content in enumerate(proofs):
        await keep(program, folder, content)
        given = [
            Given(
                number=f"+861380013800{place // 4}",
                business=f"b{place}",
                industry="loans",
                evidence="form",
                evidence_sha256=hashlib.sha256(content).hexdigest(),
            )
        ]
        await consents.add_all(program, given)
    assert set(await program.store.consent_evidence.named()) == {
        hashlib.sha256(one).hexdigest() for one in proofs
    }
    program.clock.forward(days=8)  # type: ignore[attr-defined]
    assert await consent_evidence.tidy(program, folder) == []


async def test_a_consent_that_comes_while_it_is_let_go_keeps_it(program: Context, folder: Path) -> None:
    await keep(program, folder)
    register = program.store.consent_evidence
    unnamed = await register.unnamed(program.now() + timedelta(days=1))
    assert unnamed.ids == (HASH,)
    await agree(program, HASH)
    said = {"reason": "x", "by": "x", "at": program.now()}
    assert await register.drop(unnamed, **said) == []
    (folder / HASH).unlink()
    # An import since the look can have brought in whatever it likes.
    await keep(program, folder, b"other")
    unnamed = await register.unnamed(program.now() + timedelta(days=1))
    header = "number,business,industry,granted_at,expires_at,evidence\n"
    file = io.BytesIO(f"{header}13800138001,acme,loans,2026-05-01,,form\n".encode())
    with await imports.into_register(program, "consent", file, name="c.csv"):
        pass
    assert await register.drop(unnamed, **said) == []


async def test_what_killed_processes_left_is_swept_in_its_time(program: Context, folder: Path) -> None:
    evidence_folder.take_in(folder, io.BytesIO(b"half of it"))
    stray = evidence_folder.take_in(folder, io.BytesIO(FORM))
    stray.settle()
    await consent_evidence.tidy(program, folder)
    assert len(names(folder)) == 2, "it may be on its way in just now"
    for name in names(folder):
        os.utime(folder / name, (1, 1))
    assert await consent_evidence.tidy(program, folder) == []
    assert names(folder) == {HASH}, "a database that was restored may know less than the folder"
    assert (await found(program, folder))[2] == [(HASH, "unknown", False)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.PDF", "application/pdf"), ("a.b.wav", "audio/wav"), ("a.html", ""), ("pdf", ""), ("a.", "")],
)
def test_the_kind_of_a_file_at_the_shell(name: str, kind: str) -> None:
    if kind:
        assert media_type_of(name) == kind
    else:
        with pytest.raises(Fault, match="proof kind"):
            media_type_of(name)

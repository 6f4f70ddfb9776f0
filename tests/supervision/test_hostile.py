"""Whatever a stranger sends is read or refused by a code, and by nothing else: any bytes, and good ones that
were changed.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance.ledger import keys, merkle, record, rotation, witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.supervision import handed, letter, new_key, witness
from dialpact.compliance.supervision.handed import Envelope, LeafProof, Statement
from dialpact.compliance.supervision.letter import LIVES, Question
from dialpact.compliance.supervision.refusal import CODES, Refusal
from tests.supervision.site import MONTH, report

SIGNER, NEXT = (keys.signer_of(keys.generate(), "dialpact/one") for _ in range(2))
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def entry(register: str, action: str, key: str, detail: object) -> LeafProof:
    row = {"register": register, "action": action, "key": key, "detail": msgspec.json.encode(detail).decode()}
    text = json.dumps({"index": 0, "kind": "register-change", "row": row, "version": 1})
    leaf = record.leaf(bytes(16), text.encode())
    head = Checkpoint(SIGNER.name, 1, merkle.over([leaf])(0, 1))
    signer = NEXT if register == "ledger" else SIGNER
    return LeafProof(index=0, salt="00" * 16, record=text, proof=(), checkpoint=signer.sign(head.body()))


def envelope() -> bytes:
    content = report()
    sha256 = hashlib.sha256(content).hexdigest()
    said = Statement(
        operator=SIGNER.name, supervisor="s", month=MONTH, sha256=sha256, bytes=len(content), leaf=0
    )
    proven = entry("supervision", "report", MONTH, {"sha256": sha256, "supervisor": "s"})
    made = Envelope(format=handed.FORMAT, statement=handed.stated(SIGNER, said), report=content, entry=proven)
    return msgspec.json.encode(made)


def rotated() -> bytes:
    word = rotation.rotation(SIGNER, NEXT, "yearly")
    proven = entry("ledger", "rotate", NEXT.name, word)
    told = new_key.NewKey(format=new_key.FORMAT, rotations=(word,), entry=proven, old=0, proof=())
    return msgspec.json.encode(told)


def question() -> bytes:
    made = Question(
        id="ab" * 16,
        operator="dialpact/one",
        supervisor=SIGNER.name,
        at=NOW,
        until=NOW + LIVES,
        since=NOW,
        before=NOW + LIVES,
        callee="00" * 32,
    )
    return letter.sealed(SIGNER, made).encode()


def submission() -> bytes:
    root = merkle.leaf_hash(b"x")
    return witnessing.request(0, [], SIGNER.sign(Checkpoint(SIGNER.name, 1, root).body()))


def read_submission(body: bytes) -> None:
    asked = witness.parse(body)
    witness.only(asked.text, SIGNER.verifier)
    witness.check(None, asked)


def read_envelope(body: bytes) -> None:
    handed.checked(handed.parsed(body), "s", [SIGNER.verifier], NOW)


def read_rotation(body: bytes) -> None:
    new_key.checked(new_key.parsed(body), SIGNER.verifier, None)


def read_question(body: bytes) -> None:
    found = letter.opened(body.decode("utf-8", "replace"), Question, [SIGNER.verifier])
    letter.check_date(found, NOW)
    letter.check_window(found, NOW)


READERS = {
    "submission": (submission(), read_submission),
    "report": (envelope(), read_envelope),
    "rotation": (rotated(), read_rotation),
    "question": (question(), read_question),
}


@pytest.mark.parametrize("name", READERS)
def test_the_good_one_is_read(name: str) -> None:
    body, read = READERS[name]
    read(body)


@pytest.mark.parametrize("name", READERS)
@given(body=st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_bytes(name: str, body: bytes) -> None:
    refused(name, body)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_good_one_that_was_changed_is_never_the_good_one(name: str, data: st.DataObject) -> None:
    """A byte exchanged, put in, taken out; a piece doubled or cut: refused, whatever it has become."""
    body, _ = READERS[name]
    at = data.draw(st.integers(0, len(body) - 1))
    end = data.draw(st.integers(at, min(len(body), at + 40)))
    between = data.draw(st.binary(max_size=6))
    changed = body[:at] + between + body[end:]
    if data.draw(st.booleans()):
        changed = body[:at] + body[at:end] * 2 + body[end:]
    refused(name, changed)


def refused(name: str, body: bytes) -> None:
    good, read = READERS[name]
    try:
        read(body)
    except Refusal as refusal:
        assert refusal.code in CODES
        assert 400 <= refusal.status < 500
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}: {body!r}")
    else:
        assert meant(name, body) == meant(name, good)


def meant(name: str, body: bytes) -> object:
    """What of it counts: JSON has other spellings of the same, and a note other people's lines."""
    if name == "submission":
        asked = witness.parse(body)
        return asked.old, asked.proof, witness.only(asked.text, SIGNER.verifier)
    if name == "question":
        return letter.opened(body.decode(), Question, [SIGNER.verifier])
    if name == "rotation":
        told = msgspec.json.decode(body, type=new_key.NewKey)
        head = witness.only(told.entry.checkpoint, NEXT.verifier)
        words = [witness.only(one.word, SIGNER.verifier) for one in told.rotations]
        return told.rotations[0].new, words, told.old, told.proof, head, told.entry.record
    found = msgspec.json.decode(body, type=Envelope)
    text, head = (witness.only(one, SIGNER.verifier) for one in (found.statement, found.entry.checkpoint))
    entry = msgspec.structs.replace(found.entry, checkpoint=head)
    return msgspec.structs.replace(found, statement=text, entry=entry)

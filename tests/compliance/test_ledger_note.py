"""Signed notes and checkpoints: one spelling, everything else refused with its reason."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note, rotation
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier


def signer(name: str = "dialpact/pbx1", seed: int = 1) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


MINE, WITNESS = signer(), signer("witness.example/w", 2)
ROOT = base64.b64encode(b"r" * 32).decode()
BODY = f"dialpact/pbx1\n7\n{ROOT}\n"
NOTE = MINE.sign(BODY)
LINE = NOTE.rpartition("\n\n")[2]
LINES = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1)
# Where the form of the signed-note specification leaves room for another kind of line.
COSIGNED = f"{NOTE}— witness.example/w {base64.b64encode(bytes(76)).decode()}\n"


def test_what_is_signed_is_found_signed() -> None:
    assert note.verify(NOTE, [MINE.verifier]) == BODY
    assert note.verify(NOTE, [WITNESS.verifier, MINE.verifier]) == BODY
    assert Verifier.parse(MINE.vkey) == MINE.verifier
    assert repr(MINE.verifier) == f"Verifier({MINE.vkey!r})"


def test_signatures_of_others_are_passed_over() -> None:
    assert note.verify(COSIGNED, [MINE.verifier]) == BODY
    other_key_same_name = signer(seed=9).sign(BODY).rpartition("\n\n")[2]
    assert note.verify(NOTE + other_key_same_name, [MINE.verifier]) == BODY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (NOTE.replace("\n7\n", "\n8\n"), "does not hold"),
        (NOTE.replace("dialpact/pbx1\n7", "dialpact/pbx2\n7"), "does not hold"),
        (signer(seed=9).sign(BODY), "not signed by a key that is trusted"),
        (NOTE[:-10] + ("A" if NOTE[-10] != "A" else "B") + NOTE[-9:], "does not hold"),
        (BODY, "empty line"),
        (f"{BODY}\n", "empty line"),
        (NOTE[:-1], "no end"),
        (f"\n\n{LINE}", "empty line|trusted|does not hold"),
        (NOTE.replace("— ", "- "), "another form"),
        (NOTE.replace("— dialpact/pbx1 ", "— dialpact/pbx1"), "another form"),
        (NOTE.replace("— dialpact/pbx1 ", "—  "), "name"),
        (NOTE.replace("— dialpact/pbx1 ", "— dialpact+pbx1 "), "name"),
        (NOTE.replace("— dialpact/pbx1 ", "— dialpact\u00a0pbx1 "), "name"),
        (NOTE.replace("7\n", "7\r\n"), "control"),
        (NOTE.replace("7\n", "7\t\n"), "control"),
        ("\ud800" + NOTE, "UTF-8"),
        (f"{NOTE}— w {base64.b64encode(b'1234').decode()}\n", "too short"),
        (f"{NOTE}— w ====\n", "base64"),
        (f"{NOTE}— w AAAAAB==\n", "canonical"),
        (f"{NOTE}— w AAAA AAAA\n", "base64"),
        (NOTE + "x" * note.MOST_BYTES, "more than"),
        (NOTE + LINE * note.MOST_SIGNATURES, "more than 100 signatures"),
    ],
)
def test_what_is_refused_and_why(text: str, reason: str) -> None:
    with pytest.raises(LedgerError, match=reason):
        note.verify(text, [MINE.verifier])


def test_as_many_signatures_as_are_allowed() -> None:
    assert note.verify(NOTE + LINE * (note.MOST_SIGNATURES - 1), [MINE.verifier]) == BODY


def test_one_bad_signature_of_a_known_key_outweighs_a_good_one() -> None:
    bad = MINE.sign(BODY.replace("7", "8")).rpartition("\n\n")[2]
    for text in (NOTE + bad, f"{BODY}\n{bad}{LINE}"):
        with pytest.raises(LedgerError, match="does not hold"):
            note.verify(text, [MINE.verifier])


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "form"),
        ("dialpact/pbx1", "form"),
        ("dialpact/pbx1+12345678", "form"),
        (MINE.vkey.replace("pbx1", "pbx2"), "another one"),
        (MINE.vkey.replace("+", " +", 1), "name"),
        (MINE.vkey + "\n", "base64"),
        (f"+{MINE.vkey.split('+', 1)[1]}", "name"),
        ("n+00000000+" + base64.b64encode(b"\x04" + b"k" * 32).decode(), "another kind"),
        ("n+00000000+" + base64.b64encode(b"\x01" + b"k" * 31).decode(), "no Ed25519 key"),
        ("n+00000000+AQ", "base64"),
        (MINE.vkey.replace(MINE.key_id.hex(), MINE.key_id.hex().upper()), "another one"),
    ],
)
def test_verifier_keys_that_are_none(vkey: str, reason: str) -> None:
    with pytest.raises(LedgerError, match=reason):
        Verifier.parse(vkey)


def test_only_whole_lines_are_signed() -> None:
    with pytest.raises(LedgerError, match="newline"):
        MINE.sign("no end")
    with pytest.raises(LedgerError, match="control"):
        MINE.sign("a\tb\n")


@given(place=st.integers(0, len(NOTE.encode()) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_note_can_be_changed(place: int, bit: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[place] ^= 1 << bit
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(LedgerError):
        note.verify(text, [MINE.verifier])


@given(
    origin=LINES,
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1), max_size=3
    ),
)
def test_a_checkpoint_is_read_as_it_is_written(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    written = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.parse(written.body()) == written


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        f"o\n7\n{ROOT}",
        "o\n7\n",
        f"\n7\n{ROOT}\n",
        f"o\n07\n{ROOT}\n",
        f"o\n+7\n{ROOT}\n",
        f"o\n 7\n{ROOT}\n",
        f"o\n-7\n{ROOT}\n",
        f"o\n7 \n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\uff17\n{ROOT}\n",
        f"o\n0x7\n{ROOT}\n",
        f"o\n7e0\n{ROOT}\n",
        f"o\n00\n{ROOT}\n",
        f"o\n7\n{ROOT.rstrip('=')}\n",
        f"o\n7\n{ROOT}=\n",
        f"o\n7\r\n{ROOT}\n",
        f"o\n٧\n{ROOT}\n",
        f"o\n7.0\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n7\n{ROOT} \n",
        f"o\n7\n{ROOT[:-2]}J=\n",  # bits that decoding drops
        f"o\n7\n{base64.b64encode(b'r' * 31).decode()}\n",
        f"o\n7\n{base64.b64encode(b'r' * 33).decode()}\n",
        f"o\n7\n{ROOT}\n\n",
        f"o\n7\n{ROOT}\n\nx\n",
    ],
)
def test_checkpoints_that_are_none(body: str) -> None:
    with pytest.raises(LedgerError):
        Checkpoint.parse(body)


def test_the_old_key_vouches_for_the_new_one_and_for_no_other() -> None:
    new, thief = signer(seed=3), signer(seed=4)
    made = rotation.rotation(MINE, new, "yearly")
    made.check()
    with pytest.raises(LedgerError, match="no checkpoint"):
        Checkpoint.parse(note.split(made.word)[0])
    for changed, reason in [
        (rotation.Rotation(old=MINE.vkey, new=thief.vkey, word=made.word), "another key"),
        (rotation.Rotation(old=thief.vkey, new=new.vkey, word=made.word), "not signed"),
        (rotation.Rotation(old=MINE.vkey, new=new.vkey, word=NOTE), "another key"),
        (rotation.Rotation(old=MINE.vkey, new=new.vkey, word=""), "lost"),
        (rotation.Rotation(old=MINE.vkey, new="x", word=made.word), "form"),
    ]:
        with pytest.raises(LedgerError, match=reason):
            changed.check()

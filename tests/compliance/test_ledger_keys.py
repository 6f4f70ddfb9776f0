"""The key's files: only one that is ours alone signs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dialpact.compliance.config import Config, LedgerConfig, NodeConfig, Trunk
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys, note

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.key"
    file.write_bytes(PEM)
    file.chmod(0o600)
    return file


def config(file: Path) -> Config:
    origin = str(file.parent / "dialpact.toml")
    named = LedgerConfig(key_file=file.name)
    return Config(
        trunks={"t": Trunk(endpoint="PJSIP/t")}, node=NodeConfig(name="wuhan-1"), ledger=named, origin=origin
    )


def test_the_name_is_the_nodes(file: Path) -> None:
    signer = keys.load(config(file))
    assert signer.name == "dialpact/wuhan-1"
    assert signer.vkey.startswith("dialpact/wuhan-1+")
    assert note.verify(signer.sign("x\n"), [keys.load_public(signer.vkey)]) == "x\n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o602])
def test_a_key_that_others_can_use_signs_nothing(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(LedgerError, match=f"mode {mode:04o}"):
        keys.load(config(file))


def test_a_key_that_belongs_to_another_signs_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(LedgerError, match="belongs to"):
        keys.load(config(file))


def test_what_is_no_key(file: Path) -> None:
    curve = generate_private_key(SECP256R1())
    locked = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    for content, reason in [
        (b"", "no private key"),
        (b"x" * 100, "no private key"),
        (PUBLIC_PEM.encode(), "no private key"),
        (locked, "without a password"),
        (curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "not an Ed25519"),
    ]:
        file.write_bytes(content)
        with pytest.raises(LedgerError, match=reason):
            keys.load(config(file))
    file.unlink()
    with pytest.raises(LedgerError, match="No such file"):
        keys.load(config(file))
    file.mkdir(mode=0o700)
    with pytest.raises(LedgerError, match="not a file"):
        keys.load(config(file))
    file.rmdir()
    os.mkfifo(file, 0o600)  # must not wait for a writer
    with pytest.raises(LedgerError, match="not a file"):
        keys.load(config(file))


def test_the_public_key_in_each_form(file: Path) -> None:
    wanted = keys.load(config(file)).verifier
    public = file.parent / "any name+with plus.txt"
    for content in (wanted.vkey, f"\ufeff{wanted.vkey}\r\n", PUBLIC_PEM):
        public.write_text(content, "utf-8")
        assert keys.load_public(public, wanted.name) == wanted
    assert keys.load_public(str(public), wanted.name) == wanted
    assert keys.load_public(PUBLIC_PEM, wanted.name) == wanted
    with pytest.raises(LedgerError, match="which log"):
        keys.load_public(PUBLIC_PEM)
    for bad in ("nowhere.pub", "a+b+c", PUBLIC_PEM.replace("MCo", "MCp"), f"{file}"):
        with pytest.raises(LedgerError):
            keys.load_public(bad, wanted.name)


def test_the_public_file_is_never_the_private_one() -> None:
    for name in ("ledger.key", "ledger", "ledger.pub"):
        assert keys.public_path(Path(name)) != Path(name)

"""``python -m tests.corpus.packages.make``: writes vectors.json, the test vectors of docs/package-format.md.

Every value is computed by the product; a test holds the file to it, and a verifier that was written from the
page alone to the file. Key and salts are invented, and the same each time.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.application.evidence import container, enclosed
from dialpact.application.evidence.form import signed_text
from dialpact.compliance.ledger import merkle, record, rotation
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer

FILE = Path(__file__).with_name("vectors.json")
SEED, NEXT = bytes(range(32)), bytes(range(32, 64))
NAME = "dialpact/pbx1"
SALT = bytes(range(16))
VALUES: tuple[Any, ...] = (
    {"b": 1, "a": [None, True, "é\n\u001b"], "": {}},
    {"seconds": 2.0, "small": 1e-7, "large": 1e21, "level": -12.5, "third": 1 / 3},
)
ROW = {
    "seq": 7,
    "at": "2026-11-24T02:00:00.000000Z",
    "node": "pbx1",
    "kind": "silence",
    "decision": "0" * 32,
    "channel": "PJSIP/carrier-1",
    "detail": "3 s",
}
TWICE, HALF = '{"a":1,"a":2}', '{"a":"\\ud800"}'
REFUSED = (TWICE, HALF, '{"a":NaN}', '{"a":1e999}', "[1,]", "")
FILES = {"README.md": b"read me\n", "calls/" + "0" * 32 + "/call.json": b"{}\n"}
ABOUT = {"format": "dialpact-evidence/1", "reason": "12321", "calls": ["0" * 32], "complaint": None}


def vectors() -> dict[str, Any]:
    signer, successor = (Signer(NAME, Ed25519PrivateKey.from_private_bytes(one)) for one in (SEED, NEXT))
    text = record.canonical({"index": 3, "kind": "incident", "row": ROW, "version": 1})
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(7)]
    leaves[3] = record.leaf(SALT, text)
    tree = merkle.over(leaves)
    manifest = b'{"format":"dialpact-evidence/1"}\n'
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    zipped = io.BytesIO()
    container.write(zipped, FILES)
    return {
        "key": {"private": SEED.hex(), "public": signer.vkey},
        "canonical": [
            {"json": json.dumps(value), "canonical": record.canonical(value).decode()} for value in VALUES
        ],
        "strict": list(REFUSED),
        "record": {"text": text.decode(), "salt": SALT.hex(), "leaf": leaves[3].hex(), "key": "7"},
        "tree": {
            "leaves": [leaf.hex() for leaf in leaves],
            "roots": [tree(0, size).hex() for size in range(1, 8)],
            "inclusion": {
                "index": 3,
                "size": 7,
                "proof": [step.hex() for step in merkle.inclusion_proof(tree, 3, 7)],
            },
            "consistency": {
                "old": 3,
                "size": 7,
                "proof": [step.hex() for step in merkle.consistency_proof(tree, 3, 7)],
            },
        },
        "checkpoint": signer.sign(Checkpoint(NAME, 7, tree(0, 7)).body()),
        "manifest": {
            "text": manifest.decode(),
            "note": signer.sign(signed_text(hashlib.sha256(manifest).hexdigest(), len(manifest))),
        },
        "rotation": json.loads(json.dumps(_rotation(signer, successor))),
        "enclosed": {
            "manifest": ABOUT,
            "entries": [["incident", "7"], ["decision", "0" * 32]],
            "withheld": ["register-change 4"],
            "files": sums,
            "detail": enclosed.digests(
                ABOUT, [("incident", "7"), ("decision", "0" * 32)], ["register-change 4"], sums
            ),
        },
        "zip": {
            "files": {name: data.decode() for name, data in FILES.items()},
            "base64": base64.b64encode(zipped.getvalue()).decode(),
        },
    }


def _rotation(old: Signer, new: Signer) -> dict[str, str]:
    made = rotation.rotation(old, new, "yearly")
    return {"old": made.old, "new": made.new, "word": made.word, "reason": made.reason}


def written() -> str:
    return json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")

"""A log of nothing but leaves, and what is sent of it to the witness."""

from __future__ import annotations

from dialpact.application.supervision.post import post
from dialpact.compliance.ledger import keys, merkle, witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.supervision.refusal import Refusal
from tests.supervision.site import Supervisor, Watched


class Log:
    """A log of nothing but leaves, by a key of its own."""

    def __init__(self, signer: Signer, leaves: int, *, salt: bytes = b"") -> None:
        self.signer = signer
        self.leaves = [merkle.leaf_hash(salt + bytes([number])) for number in range(leaves)]

    def head(self, size: int) -> str:
        root = merkle.over(self.leaves)(0, size)
        return self.signer.sign(Checkpoint(self.signer.name, size, root).body())

    def body(self, old: int, size: int) -> bytes:
        proof = merkle.consistency_proof(merkle.over(self.leaves), old, size) if 0 < old < size else []
        return witnessing.request(old, proof, self.head(size))


async def sent(supervisor: Supervisor, body: bytes) -> str:
    return (await post(f"{supervisor.url}/add-checkpoint", body, 4096, 20)).decode()


async def status(supervisor: Supervisor, body: bytes) -> int:
    try:
        await sent(supervisor, body)
    except Refusal as refusal:
        return refusal.status
    return 200


def of(one: Watched, leaves: int, *, salt: bytes = b"") -> Log:
    return Log(keys.load(one.config), leaves, salt=salt)

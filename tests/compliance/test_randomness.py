"""Random pieces are whole, each is given once, and a process that was forked gives others."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from dialpact.compliance.judge import new_id
from dialpact.compliance.ledger.record import SALT_BYTES, new_salt
from dialpact.compliance.randomness import PIECES, Randomness


def test_each_piece_is_whole_and_given_once_whoever_asks() -> None:
    randomness = Randomness(16)
    with ThreadPoolExecutor(8) as threads:
        many = list(threads.map(lambda _: [randomness.take() for _ in range(PIECES)], range(20)))
    pieces = [piece for some in many for piece in some]
    assert {len(piece) for piece in pieces} == {16}
    assert len(set(pieces)) == len(pieces) == 20 * PIECES


def test_a_forked_process_has_its_own() -> None:
    randomness = Randomness(16)
    randomness.take()
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.write(writes, b"".join(randomness.take() for _ in range(PIECES - 1)))
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as theirs:
        said = theirs.read()
    assert os.waitpid(child, 0)[1] == 0
    others = {said[start : start + 16] for start in range(0, len(said), 16)}
    assert len(others) == PIECES - 1
    assert not others & {randomness.take() for _ in range(PIECES - 1)}


def test_ids_and_salts() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000 and all(len(bytes.fromhex(id)) == 16 for id in ids)
    assert len({new_salt() for _ in range(1000)}) == 1000 and len(new_salt()) == SALT_BYTES

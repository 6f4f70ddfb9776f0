"""The process that verifies a stranger's package: ``python -m ... DESCRIPTOR``, the package on its stdin.

What is asked is read from the descriptor, the answer goes to stdout, one JSON each (``apart``).
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys

import msgspec

from dialpact.application.evidence import check, contents
from dialpact.application.evidence.apart import MOST_LISTED, ExamineAsked, ExaminedApart
from dialpact.application.evidence.check import Examined
from dialpact.application.evidence.form import CHECKPOINT
from dialpact.application.evidence.outside import Outsiders
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import cosignature
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.ledger.note import Verifier

LONGEST = 300  # characters of a text from the package
LISTS = ("findings", "absent", "unproven", "seen", "ignored")


def bound(asked: ExamineAsked) -> None:
    """From here on the kernel holds it."""
    limits = {
        resource.RLIMIT_AS: asked.memory,
        resource.RLIMIT_CPU: asked.cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 32,
        resource.RLIMIT_NPROC: 0,
    }
    for limit, value in limits.items():
        _, most = resource.getrlimit(limit)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (value, value))
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):
        os.nice(19)


def answer(asked: ExamineAsked) -> ExaminedApart:
    try:
        key = Verifier.parse(asked.key) if asked.key else None
        witnesses = cosignature.distinct(asked.witnesses)
        outsiders = Outsiders(witnesses, asked.quorum or len(witnesses))
        with open(0, "rb", closefd=False) as file:
            file.seek(0)
            found = check.examined(file, key, asked.held, outsiders=outsiders)
        return _told(found)
    except MemoryError:
        return ExaminedApart(failed="memory")
    except Exception:
        return ExaminedApart(failed="broken")


def _told(found: Examined) -> ExaminedApart:
    verdict, files = found.verdict, contents.files(found.members, found.verdict)
    shown = {name: getattr(verdict, name)[:MOST_LISTED] for name in LISTS}
    return ExaminedApart(
        verdict=msgspec.structs.replace(verdict, **shown),
        findings=len(verdict.findings),
        files=files[:MOST_LISTED],
        all_files=len(files),
        origin=_origin(found),
    )


def _origin(found: Examined) -> str:
    member = found.members.get(CHECKPOINT)
    try:
        return stated((member.content or b"").decode()).origin[:LONGEST] if member else ""
    except (LedgerError, UnicodeDecodeError):
        return ""


def main() -> None:
    os.setpgrp()  # a key at a terminal is for whoever started it
    with os.fdopen(int(sys.argv[1]), "rb") as told:
        told.seek(0)
        asked = msgspec.json.decode(told.read(), type=ExamineAsked)
    bound(asked)
    sys.stdout.buffer.write(msgspec.json.encode(answer(asked)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

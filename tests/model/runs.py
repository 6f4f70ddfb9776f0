"""What is run: the model as it is, whole; and with one rule left out at a time, which must be found out."""

from __future__ import annotations

from tests.model.spin import Run

PROPERTIES = ("P1", "P2", "P6", "P7", "cap")

WHOLE = (
    Run("a cap of 1, any two faults", {"CAP": 1, "FAULTS": 2}, hash_bits=26, megabytes=4_800),
    Run("a cap of 2, any one fault", {"CAP": 2, "FAULTS": 1}, hash_bits=25, megabytes=3_000),
)
# Every run comes to its end, and every transition happens: smaller, as each state costs more there.
ENDS = Run("every run comes to an end", {"CAP": 1, "FAULTS": 1}, hash_bits=23, megabytes=3_000)
HAPPENS = Run("every transition happens", {"CAP": 1, "FAULTS": 1}, hash_bits=22)

# The rule that is left out: what it is, and each property that then must not hold.
BREAKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "NO_LOCK": ("the caps' lock is left out, or taken in the statement that counts", ("cap",)),
    "UNKNOWN_TOLD": ("an ALLOW whose commit is unknown is told", ("P1",)),
    "UNKNOWN_FORGOTTEN": ("an ALLOW whose commit is unknown is not looked for afterwards", ("P1",)),
    "MARKED_THOUGH_USED": ("an ALLOW is taken back although a leg uses it", ("P1", "cap")),
    "NO_FENCE": ("the old primary comes back and is not fenced", ("P6", "cap")),
    "ASYNCHRONOUS": ("a standby is promoted that lacks answered commits", ("P1", "P6", "cap")),
    "ALONE_WITHOUT_LEASE": ("a node decides alone without the lease", ("P6", "cap")),
    "LEASE_ENDS_BY_ITSELF": ("others decide as soon as the lease has run out", ("P6", "cap")),
    "GRANT_WITHOUT_LOCK": ("the lease is granted without the caps' lock", ("cap",)),
    "COPY_NOT_NOTED": ("the holder's copy lacks what the holder decided in the database", ("cap",)),
    "ALONE_WITH_OPEN": ("the holder decides alone while a transaction of its own is open", ("cap",)),
    "ALONE_FOR_EVER": ("the holder goes on when its lease has run out", ("P6",)),
    "OPT_OUT_ANSWERED_FIRST": ("an opt-out is answered before it is committed", ("P6",)),
    "OPT_OUT_NOT_HANDED_IN": ("the lease is handed back before the opt-out is handed in", ("P6",)),
    "NO_INTERLOCK": ("the leg is bridged without the interlock", ("P2",)),
    "OPEN_BEFORE_PROOF": ("the interlock opens before the recorder is proven", ("P2",)),
    "ADOPTED_UNSEEN": ("a restarted listener adopts a leg without looking at its recorder", ("P2",)),
    "NO_NODE_CHECK": ("a decision of another node is taken for one's own", ("P7",)),
    "ROWS_ARE_NO_USE": ("a restarted listener takes a recording's row for no use of its decision", ("P7",)),
    "NO_LEG_CHECK": ("nobody looks at the legs of calls that went round the gate", ("P7",)),
}


def broken() -> list[tuple[str, str, Run]]:
    """The rule, the property, and the run that must find it broken."""
    return [
        (rule, one, Run(rule, {"CAP": 1, "FAULTS": 1, rule: True, "ONLY": one}))
        for rule, (_, properties) in BREAKS.items()
        for one in properties
    ]

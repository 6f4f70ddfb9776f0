"""Every table of the database, and what its rows are bound by: whoever changes one by hand is found by that.

A test holds this list and the schema together: a new table says here how it is bound, or why nothing depends
on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

How = Literal[
    "leaf",  # a row is a record of the log: its columns are in its leaf
    "acts",  # a row is what the acts in the log make of it
    "derived",  # a row follows from rows that are bound
    "log",  # it is the log itself: its hashes lead to what was signed
    "nothing",  # nothing depends on it
]


class Bound(NamedTuple):
    how: How
    why: str  # by which entries of the log; or why nothing depends on it


TABLES: Mapping[str, Bound] = {
    # the log
    "ledger": Bound("log", "leaves, with their salts"),
    "ledger_node": Bound("log", "hashes of complete subtrees: the leaves give them"),
    "ledger_log": Bound("nothing", "one row: whose log it is; held against the newest checkpoint's name"),
    "checkpoint": Bound("log", "signed"),
    "cosignature": Bound("log", "signed by a witness, over a checkpoint"),
    "checkpoint_stamp": Bound("log", "signed by an authority, over a checkpoint"),
    "unsealed": Bound("nothing", "empty between transactions: a row whose leaf was taken from here has none"),
    # records
    "decision": Bound("leaf", "decision"),
    "undelivered": Bound("leaf", "undelivered"),
    "recording": Bound("leaf", "recording, from its end on; keep_until and disposed_at: acts of recording"),
    "carrier_leg": Bound("leaf", "carrier-leg, from its end on"),
    "register_change": Bound("leaf", "register-change"),
    "incident": Bound("leaf", "incident"),
    "opt_out": Bound("leaf", "opt-out"),
    "clock_reading": Bound("leaf", "clock"),
    # registers
    "business": Bound("acts", "business"),
    "campaign": Bound("acts", "campaign"),
    "caller_id": Bound("acts", "caller-id; an import's line has every entry"),
    "script": Bound("acts", "script; of its text the SHA-256"),
    "suspension": Bound("acts", "suspension"),
    "complaint": Bound("acts", "complaint"),
    "registration": Bound("acts", "registration"),
    "api_key": Bound("acts", "api-key"),
    "account": Bound("acts", "account"),
    "account_factor": Bound("acts", "account-factor; of what is signed in by the SHA-256"),
    "approval": Bound("acts", "approval"),
    "batch": Bound("acts", "leads"),
    "do_not_call": Bound("acts", "dnc"),
    "consent": Bound("acts", "consent"),
    "lead": Bound("acts", "leads"),
    "hold": Bound("acts", "recording: hold, release"),
    "disposal": Bound("acts", "recording: dispose, disposed"),
    # what follows from them
    "witnessed": Bound("derived", "the rule over the clock readings"),
    "refused": Bound("derived", "the blocks among the decisions, by the profiles that were in force"),
    "waveform": Bound(
        "derived", "the recording's sound; the digest is in its leaf, and whoever draws it looks"
    ),
    # what is under way, or said anew all the time
    "arriving": Bound("acts", "an import that counts has its line; one that does not is nobody's yet"),
    "arriving_dnc": Bound("acts", "dnc, as do_not_call, once they count"),
    "arriving_consent": Bound("acts", "consent, once they count"),
    "witness": Bound("nothing", "how it stands with each, said anew when it is asked"),
    "recorder_lease": Bound(
        "nothing",
        "said anew every second; one by hand lets a call be dialled, and nothing answers the interlock",
    ),
    "register_difference": Bound("nothing", "found anew at each look"),
    "register_look": Bound("nothing", "said anew at each look"),
    "job": Bound("nothing", "work that a program asked for; what it does to registers or evidence is an act"),
    "account_session": Bound(
        "nothing",
        "sealed: a keyed hash over each, which SQL can not make; that one began and ended is an act",
    ),
    "account_use": Bound("nothing", "the last code that was used, so that none is good twice"),
    "api_key_use": Bound("nothing", "when a key was last used, for whoever lists them"),
    "idempotency": Bound(
        "nothing",
        "a day of answers, so that a request that comes twice is done once; its act has its own leaf",
    ),
    "webhook": Bound("nothing", "how it stands with each receiver; who is one says the configuration"),
    "webhook_delivery": Bound(
        "nothing",
        "what is still to be told to receivers, made of the log: who changes it misleads one of them",
    ),
    "webhook_told": Bound("nothing", "what receivers were told by the clock, so that it is told once"),
    "overwriting": Bound(
        "nothing", "what an erasure has still to overwrite in the files; who has these has all of it"
    ),
}

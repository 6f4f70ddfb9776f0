"""What one who has the ledger's key could sign: another report, other lists, less than there was. Both
verifiers find each, in the same words.

Two who lie: he who has only the key, and signs the manifest anew (``signed``); and he who also writes into
the log what was enclosed, as a changed exporter would (``logged``): what follows from the records is left.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from dialpact.application.evidence import check, enclosed, shown, verify
from dialpact.application.evidence.form import Why
from dialpact.cli.command_context import Machine
from dialpact.compliance.ledger import keys, merkle, record
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.texts import LANGUAGES, Language
from dialpact.presentation import texts
from dialpact.presentation.page.template import LANGUAGE_TAGS
from dialpact.store.sqlite import Store
from tests.cli.conftest import NUMBER, Home, stock
from tests.cli.evidence.conftest import Packaged, no_pdf
from tests.cli.evidence.packages import (
    BY,
    Files,
    export,
    files,
    judged,
    ours,
    recorded,
    resigned,
    theirs,
    witnessed,
    work,
)
from tests.compliance.store_values import AT

PROOFS, HEAD = "ledger/proofs.json", "ledger/checkpoint.note"
TABLE = Path(__file__).parents[2] / "corpus/packages/table.toml"


class Case(NamedTuple):
    """A package with much in it, and the call that is lied about."""

    whole: Files
    call: str

    def list_of(self, name: str) -> Any:
        return json.loads(self.whole[f"calls/{self.call}/{name}.json"])

    def put(self, name: str, value: Any) -> Files:
        return {f"calls/{self.call}/{name}.json": json.dumps(value, indent=1).encode()}


def swap(name: str, old: str, new: str) -> Callable[[Case], Files]:
    """Other words in a file of the package."""

    def lie(case: Case) -> Files:
        path = name.replace("CALL", case.call)
        changed = case.whole[path].decode().replace(old, new)
        assert changed.encode() != case.whole[path], (name, old)
        return {path: changed.encode()}

    return lie


def member(name: str, *path: Any, to: Any) -> Callable[[Case], Files]:
    """Another value in a call's list."""

    def lie(case: Case) -> Files:
        value = case.list_of(name)
        place = value
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != to
        place[path[-1]] = to
        return case.put(name, value)

    return lie


def script(case: Case) -> Files:
    """Another text, and its hash where the package states it."""
    text = "别的话术".encode()
    stated = case.list_of("script")
    stated["script_then"]["sha256"] = hashlib.sha256(text).hexdigest()
    return {f"calls/{case.call}/script.txt": text} | case.put("script", stated)


def profile(case: Case) -> Files:
    (name,) = (name for name in case.whole if name.startswith("profiles/"))
    return {name: case.whole[name] + b"\n# and all is allowed\n"}


def without(*kinds: str, text: str = "") -> Callable[[Case], Files]:
    """Records of a kind are taken out, as if there were none. An empty file is one that is taken out."""

    def lie(case: Case) -> Files:
        proofs = json.loads(case.whole[PROOFS])
        gone = [
            one
            for one in proofs["records"]
            if one["kind"] in kinds and text in case.whole[one["file"]].decode()
        ]
        assert gone
        proofs["records"] = [one for one in proofs["records"] if one not in gone]
        return {PROOFS: json.dumps(proofs).encode()} | {one["file"]: b"" for one in gone}

    return lie


def dropped(case: Case) -> Files:
    """An act is taken out of the proofs, and out of the list that has it."""
    lists = {name: json.loads(case.whole[name]) for name in case.whole if name.endswith("/consent.json")}
    assert all(value["history"] for value in lists.values())
    emptied = {name: json.dumps(value | {"history": []}).encode() for name, value in lists.items()}
    return without("register-change", text='"register":"consent"')(case) | emptied


def later(case: Case) -> Files:
    """As if another version had made it, of which nobody here knows what must be proven."""
    acts = [name for name, data in case.whole.items() if b'"action":"export"' in data]
    assert acts
    return {name: case.whole[name].replace(b'\\"form\\":2', b'\\"form\\":3') for name in acts}


def silent(case: Case) -> Files:
    """An answered leg without its recordings."""
    sounds: Files = {name: b"" for name in case.whole if f"{case.call}/recordings/" in name}
    lists = case.put("recordings", {"segments": [], "gaps": []}) | case.put("incidents", [])
    return without("recording", "incident")(case) | sounds | lists


def twice(case: Case) -> Files:
    """A record that is given as two."""
    proofs = json.loads(case.whole[PROOFS])
    proofs["records"].append(proofs["records"][0])
    return {PROOFS: json.dumps(proofs).encode()}


def renamed(case: Case) -> Files:
    """A record under another's key."""
    proofs = json.loads(case.whole[PROOFS])
    one = next(one for one in proofs["records"] if one["kind"] == "recording")
    one["key"] = "f" * 32
    return {PROOFS: json.dumps(proofs).encode()}


def smuggled(case: Case) -> Files:
    proofs = json.loads(case.whole[PROOFS])
    return {PROOFS: json.dumps(proofs | {"comment": "all is proven"}).encode()}


def beside(case: Case) -> Files:
    """What looks like a record and is named by no proof."""
    return {"ledger/records/999999999-decision.json": b'{"verdict": "ALLOW"}'}


LIES: dict[str, Callable[[Case], Files]] = {
    "verdict-in-the-html": swap("report.en.html", "ALLOWED", "BLOCKED"),
    "verdict-in-the-html-zh": swap("report.zh.html", "放行", "拦截"),
    "verdict-and-colour": lambda case: {
        "report.en.html": case.whole["report.en.html"]
        .replace(b"ALLOWED", b"BLOCKED")
        .replace(b'"verdict ok"', b'"verdict bad"')
    },
    "callee-in-the-html": swap("report.en.html", "13800138000", "13900139000"),
    "caller-id-in-the-html": swap("report.zh.html", "02787654321", "02787650000"),
    "time-in-the-html": swap("report.en.html", "2026-11-24 10:00:00", "2026-11-24 11:00:00"),
    "digits-after-the-caller-id": swap("report.en.html", "<dd>02787654321", "<dd>0278765432199"),
    "what-left-in-the-html": swap("report.zh.html", "<dd>02787654321", "<dd>02787654321, 95000000"),
    "answered-in-the-html": swap("report.en.html", "10:00:00 – 10:00:02", "10:07:00 – 10:07:02"),
    "ended-in-the-html": swap("report.en.html", "10:00:00 – 10:00:02", "10:00:00 – 10:07:02"),
    "recording-in-the-html": swap("report.zh.html", '<td class="code">', '<td class="code">0'),
    "words-in-the-html": swap("report.en.html", "contract K-1", "contract K-2"),
    "heading-put-into-the-html": swap("report.en.html", "<h2>Call", "<h1>All calls ALLOWED</h1>\n<h2>Call"),
    "style-in-the-html": swap("report.zh.html", "</style>", ".verdict.bad { display: none }\n</style>"),
    "second-style-in-the-html": swap("report.en.html", "</head>", "<style>dd{display:none}</style></head>"),
    "script-in-the-html": swap("report.en.html", "</body>", "<script>alert(1)</script></body>"),
    "comment-in-the-html": swap("report.zh.html", "</h1>", "</h1><!-- -->"),
    "attribute-in-the-html": swap(
        "report.en.html", '<dl class="facts two">', '<dl class="facts two" hidden>'
    ),
    "colour-in-the-html": swap("report.en.html", "verdict bad", "verdict bad ok"),
    "text-between-the-tags": swap("report.en.html", "</dl>\n<h3>", "</dl>\nNobody was called.<h3>"),
    "text-after-the-html": swap("report.zh.html", "</html>\n", "</html>\nx"),
    "entity-in-the-html": swap("report.en.html", "contract K-1", "contract &zwj;K-1"),
    "tag-in-a-cell": swap("report.en.html", "contract K-1", "contract <s>K-1</s>"),
    "bytes-that-are-no-text": lambda case: {
        "report.en.html": case.whole["report.en.html"].replace(b"contract K-1", b"contract \xff")
    },
    "label-in-the-html": swap("report.en.html", "<dt>Decided</dt>", "<dt>Answered</dt>"),
    "heading-in-the-html": swap("report.zh.html", "外呼证据报告</h1>", "无违规外呼</h1>"),
    "what-is-proven-in-the-html": swap("report.en.html", "the other words are", "all words are"),
    "how-to-check-in-the-html": swap("report.zh.html", "不取自本证据包", "即取自本证据包"),
    "key-in-the-html": swap(
        "report.en.html", 'Signed by</dt><dd class="code">', 'Signed by</dt><dd class="code">x'
    ),
    "maker-in-the-html": swap("report.en.html", "made by chen", "made by li"),
    "reason-in-the-html": swap("report.en.html", "<dd>12321</dd>", "<dd>12345</dd>"),
    "not-answered-in-the-html": swap("report.en.html", "<dd>answered</dd>", "<dd>not answered</dd>"),
    "no-reasons-in-the-html": lambda case: {
        "report.en.html": re.sub(rb"<p><b>[^<]*</b></p>", b"", case.whole["report.en.html"])
    },
    "shadow-in-the-html": swap(
        "report.en.html", "</b></p>", "</b></p><p>shadow mode: put through although blocked</p>"
    ),
    "another-rule-failed-in-the-html": lambda case: {
        "report.en.html": case.whole["report.en.html"]
        .replace(b'<tr class="fail"><td>Hours</td>', b"<tr><td>Hours</td>")
        .replace(b"<b>Outside the permitted hours", b"Outside the permitted hours")
        .replace(b"18:30</b>", b"18:30")
        .replace(
            b"<tr><td>Script</td><td>passed</td>", b'<tr class="fail"><td>Script</td><td><b>x</b></td>', 1
        )
    },
    "consent-in-the-html": swap("report.en.html", "form 7", "form 8"),
    "incident-in-the-html": swap("report.zh.html", "silence 3 s", "silence 0 s"),
    "no-incident-in-the-html": swap("report.en.html", "2026-11-24 10:00:00+08:00: silence 3 s", "none"),
    "length-in-the-html": swap("report.en.html", ">2.0 s<", ">9.0 s<"),
    "level-in-the-html": swap("report.zh.html", "-12.5 dBFS", "-1.5 dBFS"),
    "kept-until-in-the-html": swap("report.en.html", "2027-11-24", "2029-11-24"),
    "state-in-the-html": swap("report.en.html", ">enclosed<", ">the file is missing<"),
    "call-twice-in-the-html": lambda case: {
        "report.en.html": case.whole["report.en.html"].replace(
            b"<h2>Call", b"<h2>" + case.whole["report.en.html"].split(b"<h2>")[1] + b"<h2>Call", 1
        )
    },
    "readme": swap("README.md", "verify.py", "trust me"),
    "verify-script": swap("verify.py", "sys.exit(3 if found else 0)", "sys.exit(0)"),
    "shown-script": swap("shown.py", "stated != expected", "False"),
    "pdf-put-in": lambda case: {"report.en.pdf": b"%PDF all was well"},
    "verdict": member("call", "verdict", to="BLOCK"),
    "callee": member("call", "callee", to="+8613900139000"),
    "reasons": member("call", "reasons", to=["do-not-call"]),
    "answered-at": member("call", "answered_at", to="2026-11-24T05:00:00.000000Z"),
    "disposition": member("call", "disposition", to="unanswered"),
    "sent-from": member("call", "sent_from", to="95xxx"),
    "leg": member("call", "carrier_legs", to=[]),
    "unknown": member("call", "unknown", to=["agent"]),
    "member-added": lambda case: case.put("call", case.list_of("call") | {"remark": "he agreed"}),
    "consents-emptied": member("consent", "then", to=[]),
    "consent-history": member("consent", "history", to=[]),
    "consents-of-now": member("consent", "now", to=[]),
    "consent-made-longer-now": member("consent", "now", 0, "expires_at", to="2036-01-01T00:00:00.000000Z"),
    "refusals-then": member("do-not-call", "then", to=[{"scope": "all"}]),
    "refusals-said": member("do-not-call", "said", to=[]),
    "refusal-heard-at": member(
        "do-not-call", "said", 0, "heard_at", to={"file": "a.wav", "from": 1, "to": 2}
    ),
    "no-list-of-consents": lambda case: {f"calls/{case.call}/consent.json": b""},
    "list-of-another-form": lambda case: case.put("call", []),
    "complaints-of-another-form": member("complaints", "complaints", to=["x"]),
    "leg-that-goes-on": member("call", "legs_going_on", to=["1.9"]),
    "refusals-history": member("do-not-call", "history", to=[]),
    "refusals-of-now": member("do-not-call", "now", to=[]),
    "leads": member("provenance", "then", 0, "partner", to="another bank"),
    "caller-id": member("caller-id", "then", "authenticated", to=False),
    "campaign": member("campaign", "campaign_then", "purpose", to="service"),
    "suspensions": member("campaign", "suspensions_then", to=[{"kind": "agent"}]),
    "script": script,
    "script-approved-by": member("script", "script_then", "approved_by", to="somebody"),
    "profile": profile,
    "incidents": member("incidents", 0, "detail", to="nothing"),
    "incidents-emptied": lambda case: case.put("incidents", []),
    "custody": member("custody", "exports", to=[]),
    "recording-length": member("recordings", "segments", 0, "seconds", to=200.0),
    "recording-kept-until": member("recordings", "segments", 0, "keep_until", to="2026-11-25"),
    "recording-level": member("recordings", "segments", 0, "files", 1, "dbfs", to=-3.0),
    "recording-lost": member("recordings", "segments", 0, "files", 0, "state", to="missing"),
    "no-recordings": silent,
    "no-refusal": without("opt-out"),
    "no-incident": without("incident"),
    "no-act": without("register-change", text='"register":"consent"'),
    "act-dropped-everywhere": dropped,
    "later-form": later,
    "no-export": without("register-change", text='"action":"export"'),
    "record-twice": twice,
    "another-key": renamed,
    "member-twice": swap("calls/CALL/call.json", '"verdict":', '"verdict": "BLOCK",\n "verdict":'),
    "member-twice-in-the-proofs": swap(PROOFS, '"withheld":', '"withheld": [],\n "withheld":'),
    "smuggled-member": smuggled,
    "stranger-among-the-proofs": beside,
    "zeros-in-a-size": swap(PROOFS, '"index": ', '"index": 0'),
    "size-as-a-fraction": swap(PROOFS, '"version": 1,', '"version": 1.0,'),
}
MANIFESTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "made-by": lambda said: {"made_by": "nobody"},
    "made-at": lambda said: {"made_at": "2026-11-25T00:00:00.000000Z"},
    "reason": lambda said: {"reason": "curiosity"},
    "asked": lambda said: {"asked": said["asked"] | {"caller_id": "95xxx"}},
    "one-call-of-two": lambda said: {"calls": said["calls"][:1]},
    "notes": lambda said: {"notes": []},
    "node": lambda said: {"node": "pbx9"},
    "foreign-key": lambda said: {"keys": [*said["keys"], signer_of_nobody()]},
    "rotation-nobody-logged": lambda said: {
        "rotations": [{"old": said["keys"][0], "new": signer_of_nobody(), "word": "", "reason": "x"}]
    },
    "smuggled-in-the-manifest": lambda said: {"remark": "all is proven"},
    "file-twice": lambda said: {"files": said["files"] + said["files"][:1]},
    "size-true": lambda said: {"complaint": True},
    "absent-made-up": lambda said: {"absent": [{"path": "calls/x", "why": "disposed"}]},
}


def signer_of_nobody() -> str:
    return keys.signer_of(keys.generate(), "dialpact/pbx1").vkey


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """Two calls of one person: answered, recorded, opted out of, with an incident; and one without."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("lies")
        patch.chdir(path)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(path)
        home.machine = Machine(pdf=no_pdf)
        home.run("init")
        stock(home)
        call = judged(home)
        recorded(home, call, "a")
        witnessed(home, call)
        key = {"how": "callee-key", "scope": "all", "node": "pbx1", "channel": "PJSIP/carrier-1"}
        told = {"kind": "silence", "decision": call, "channel": "PJSIP/carrier-1", "detail": "3 s"}

        async def happen(store: Store) -> None:
            await store.opt_outs.from_call(call, at=AT + timedelta(seconds=1), **key)
            await store.incidents.add(at=AT, node="pbx1", **told)

        work(home, happen)
        judged(home, AT + timedelta(hours=2))
        home.run("recordings", "hold", "--call", call, "--reason", "court", *BY)
        return Packaged(home, call, export(home, "--callee", NUMBER, "--reason", "12321"))


@pytest.fixture
def case(place: Packaged) -> Case:
    return Case(files(place.package), place.call)


def lied(case: Case, change: Files) -> Files:
    return {name: data for name, data in (case.whole | change).items() if data}


def logged(members: Files, by: Signer, **manifest: object) -> bytes:
    """As one could make it who writes into the log what he likes: leaves that are not shown are his too."""
    said = json.loads(members["manifest.json"]) | manifest
    proofs, head = json.loads(members[PROOFS]), members[HEAD].decode().split("\n")
    size = int(head[1])
    listed = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in members.items()
        if name not in ("manifest.json", "manifest.sig")
    }
    acts = {one["file"]: json.loads(members[one["file"]]) for one in proofs["records"]}
    rows = {name: one["row"] for name, one in acts.items() if isinstance(one["row"], dict)}
    act = next((name for name, row in rows.items() if row.get("action") == "enclosed"), "")
    if act:
        mine = acts[act]["row"]["seq"]
        entries = [(one["kind"], one["key"]) for one in proofs["records"] if one["key"] != f"{mine}"]
        told = enclosed.digests(said, entries, proofs["withheld"], listed)
        acts[act]["row"]["detail"] = json.dumps(told)
        members = members | {act: record.canonical(acts[act])}
    leaves = [hashlib.sha256(b"%d" % index).digest() for index in range(size)]
    for one in proofs["records"]:
        leaves[one["index"]] = record.leaf(bytes.fromhex(one["salt"]), members[one["file"]])
    tree = merkle.over(leaves)
    for one in proofs["records"]:
        one["proof"] = [step.hex() for step in merkle.inclusion_proof(tree, one["index"], size)]
    gone = [one["file"] for one in proofs["older"]]
    members = {name: data for name, data in members.items() if name not in gone}
    members[PROOFS] = json.dumps(proofs | {"older": []}).encode()
    members[HEAD] = by.sign(Checkpoint(by.name, size, tree(0, size)).body()).encode()
    return resigned(members, by, **manifest)


def words(place: Packaged, data: bytes) -> list[str]:
    """What both verifiers say, to the word; where a list can not be read, to the code."""
    made = place.file(data)
    one, other = ours(made, place.key), theirs(made, place.key)
    if "form" not in {code for code, _ in one}:
        assert one == other
    assert {code for code, _ in one} == {code for code, _ in other}, one ^ other
    return sorted({code for code, _ in one})


def named(place: Packaged) -> set[str]:
    """What both say that nothing proves in it."""
    theirs(place.package, place.key)
    verdict = check.examine(place.package, Verifier.parse(place.key))
    assert set(verdict.unproven) == verify.notes
    return verify.notes


def test_told_truly_it_is_valid(place: Packaged, case: Case) -> None:
    assert words(place, place.data) == words(place, resigned(case.whole, place.signer)) == []
    assert words(place, logged(case.whole, place.signer)) == []


@pytest.mark.parametrize("row", tomllib.loads(TABLE.read_text("utf-8"))["case"], ids=lambda row: row["name"])
def test_both_find_the_lie_in_the_same_words(place: Packaged, case: Case, row: dict[str, Any]) -> None:
    """``signed``: what the holder of the key could sign; ``logged``: who could also write into the log."""
    name, manifest, change = row["name"], {}, {}
    if name in MANIFESTS:
        manifest = MANIFESTS[name](json.loads(case.whole["manifest.json"]))
    else:
        change = LIES[name](case)
    assert words(place, resigned(lied(case, change), place.signer, **manifest)) == row["signed"] != []
    if "logged" in row:
        assert words(place, logged(lied(case, change), place.signer, **manifest)) == row["logged"]
    if row.get("logged") == []:  # nothing but the log's word tells it: so it is named
        assert any(re.search(row["named"], one) for one in named(place)), named(place)


FILLED = {  # what the words of a report are filled in with, in this order
    "subtitle": ["made_at", "by", "node"],
    "call": ["number"],
    "sent-from": ["caller_id", "sent"],
    "is-not-delivered": ["why"],
    "second": ["count"],
    "consent-is": ["industry", "granted_at", "wording", "evidence", "expires", "withdrawn"],
    "consent-hash": ["sha256"],
    "consent-expires": ["at"],
    "consent-withdrawn": ["at"],
    "incident": ["at", "kind", "detail"],
}
NAMED = {"ok": "allowed", "bad": "refused", "kept": "state-kept"}  # otherwise in the catalogue


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_report_are_the_catalogue_s(language: Language) -> None:
    """They are part of the form of packages: with other words, each that was made before would be false."""
    catalogue, words = texts.catalogue(language), shown.WORDS[language]
    assert words["lang"] == LANGUAGE_TAGS[language]
    assert catalogue["proof.state-none"] == words["none"] and catalogue["proof.dbfs"] == "{level} dBFS"
    for name, said in words.items():
        key = NAMED.get(name, name.replace("is-", "disposition-") if name.startswith("is-") else name)
        key = f"absent.{name}" if name in get_args(Why) else f"proof.{key}"
        key = name.replace("-", ".", 1) if name.startswith("part-") else key
        if name != "lang":
            template = catalogue[key].replace("{expires}{withdrawn}", "")
            assert re.sub(r"{\w+}", "{}", template) == said.replace("{:.1f}", "{}"), name
            assert re.findall(r"{(\w+)}", catalogue[key]) == FILLED.get(name, []), name


def test_the_table_has_every_case() -> None:
    named = [row["name"] for row in tomllib.loads(TABLE.read_text("utf-8"))["case"]]
    assert sorted(named) == sorted([*LIES, *MANIFESTS])


ODD: tuple[Any, ...] = (None, [], {}, "x", -1, 10**30, True, "2026", [[]])


def test_whatever_a_record_says_nobody_falls_over(place: Packaged, case: Case) -> None:
    """Who has the key can put any record into a log: each verifier has a verdict, and none that is refused by
    one is valid for the other.
    """
    proofs, tried = json.loads(case.whole[PROOFS]), set()
    for one in proofs["records"]:
        record_ = json.loads(case.whole[one["file"]])
        for number, column in enumerate([*record_["row"], ""]):
            if (one["kind"], column) in tried:
                continue
            tried.add((one["kind"], column))
            odd = ODD[(len(tried) + number) % len(ODD)]
            row = {**record_["row"], column: odd} if column else odd
            change = {one["file"]: record.canonical(record_ | {"row": row})}
            made = place.file(logged(lied(case, change), place.signer))
            one_, other = ours(made, place.key), theirs(made, place.key)
            assert bool(one_) == bool(other), (one["kind"], column, odd, one_, other)
            assert ("form", "package") not in other, (one["kind"], column, odd)

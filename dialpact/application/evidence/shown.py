"""Part of verify.py: whether what people read in a package says what its records say. Lists are made anew of
the rows and compared, but for what they name as ``unproven``; of a report the fact lines, and no other words.
"""

import base64
import contextlib
import html
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

SIDES = ("", "callee_", "agent_")
# Of a call: what Asterisk told of the leg that it is joined by, and of each; and where null is a gap.
JOINED = ("linkedid", "sip_call_id", "sent_from", "ringing_at", "hangup_cause")
TOLD = (*JOINED, "dialled_at", "dial_status")
EXPECTED = ("agent", "answered_at", "business", "caller_id", "campaign", "disposition", "ended_at", "trunk")
ADMITTED = "admitted"  # of what is left of an erased call: it says itself that it is not proven
WORDS = {"en": ("ALLOWED", "BLOCKED", "Call to {}"), "zh": ("放行", "拦截", "对 {} 的呼叫")}  # of a report


def flaws(package: Any) -> Iterator[tuple[str, str]]:
    """``package``: as verify.py has it."""
    erased = [one["key"] for one in package.proofs["erased"] if one["kind"] == "decision"]
    rows = {row["id"]: row for row in package.rows.get("decision", [])}
    yield from _texts(package, rows)
    if package.form > 2:  # by a later version: what it shows can not be judged here
        yield "form", f"form {package.form}"
    if package.form != 2:
        return
    for call in set(package.manifest["calls"]) & set(rows) - set(erased):
        _, sum = package.sums.get(f"calls/{call}/decision.json", (0, ""))
        try:
            if sum == rows[call]["record_sha256"]:  # else that is told, and nothing follows from it
                yield from View(package, call, rows[call]).flaws()
        except Exception:
            yield "shown", f"calls/{call}"
    for name in (f"report.{language}.html" for language in WORDS):
        if name in package.texts and not _holds(_page, package, name, rows, erased):
            yield "shown", name
    for one in _gone(package):
        noted = _noted(package, one["index"])
        if noted and not _holds(lambda: _digest(package, one) in (noted, ADMITTED)):  # noqa: B023
            yield "shown", f"calls/{one['key']}/call.json"
    if package.manifest["complaint"] is not None and not _holds(_complaint, package):
        yield "shown", "complaint.json"


def _holds(check: Any, *given: Any) -> bool:
    """False where it fails, whatever in the package made it fail."""
    with contextlib.suppress(Exception):
        return bool(check(*given))
    return False


def notes(package: Any) -> Iterator[str]:
    """What is shown and no record says."""
    if package.form > 1:
        yield from (f"manifest.json: {member}" for member in ("absent", "node", "notes"))
        yield "entries that were left out"
    for one in _gone(package) if package.form > 1 else ():
        yield "calls/*: erased"
        with contextlib.suppress(Exception):
            if not _noted(package, one["index"]) or _digest(package, one) == ADMITTED:
                yield "calls/*/call.json: erased"
    for name, text in package.texts.items() if package.form > 1 else ():
        if name.endswith(".pdf") or name in ("README.md", "verify.py", "shown.py"):
            yield name
        if re.fullmatch(r"report\.(zh|en)\.html", name):
            yield f"{name}: words"
        with contextlib.suppress(Exception):
            if name.startswith("calls/") and name.endswith(".json"):
                where = f"calls/*/{name[39:]}"  # one line for all calls
                said = package.strict(text)
                if where == "calls/*/call.json" and said.get("legs_going_on"):
                    yield f"{where}: legs_going_on"
                if where == "calls/*/recordings.json" and any(
                    not one["ended_at"] for one in said["segments"]
                ):
                    yield f"{where}: segments that go on"
                yield from (f"{where}: {member}" for member in said["unproven"])


def _gone(package: Any) -> list[Any]:
    """The calls whose record was erased when its time was over."""
    calls, erased = package.manifest["calls"], package.proofs["erased"]
    return [one for one in erased if one["kind"] == "decision" and one["key"] in calls]


def _noted(package: Any, index: int) -> str:
    """What the log's line of an erasure has of what is left of a record; empty: nothing."""
    for act in package.of("ledger", "erase"):
        with contextlib.suppress(Exception):
            told, passed, found = package.strict(act["detail"]), 0, -1
            for first, last in told["leaves"]:
                found = passed + index - first if first <= index <= last else found
                passed += last - first + 1
            if 0 <= found < passed == len(told.get("remains", [])):
                return str(told["remains"][found])
    return ""


def _digest(package: Any, one: Any) -> str:
    """Of what is left of a decision, as call.json says it."""
    said = package.strict(package.texts[f"calls/{one['key']}/call.json"])
    if said["remains"] != "proven":
        return ADMITTED
    row = {name: said[name] for name in ("id", "node", "decided_at", "behind_us", "verdict", "mode")}
    row.update({name: said[name] or "" for name in ("campaign", "business", "trunk", "continues")})
    row.update({"seq": said["number_of_the_decision"], "put_through": int(said["put_through"])})
    row["reasons"] = _json(said["reasons"], sort=False)
    whole = _json({"form": 1, "index": one["index"], "kind": "decision", "row": row})
    return base64.b64encode(sha256(whole.encode()).digest()).decode()


def _json(value: Any, sort: bool = True) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)


def _texts(package: Any, rows: Any) -> Iterator[tuple[str, str]]:
    """Scripts and profiles, against the hashes that the decisions have of them."""
    wanted, noted = {}, {one["code"] for one in package.manifest["notes"]}
    for call in rows:
        with contextlib.suppress(Exception):  # a decision that was changed is told of itself
            decision = package.strict(package.texts[f"calls/{call}/decision.json"])
            script, policy = decision["facts"].get("script"), decision.get("policy") or []
            mine = {f"profiles/{one['profile']}-{one['sha256'][:16]}.toml": one["sha256"] for one in policy}
            wanted.update({**mine, f"calls/{call}/script.txt": script["sha256"]} if script else mine)
    there = {name for name in package.sums if re.match("profiles/|calls/.*/script.txt$", name)}
    for name in there | set(wanted):
        code = "profile-unknown" if name.startswith("profiles/") else "script-unknown"
        if name in there and package.sums[name][1] != wanted.get(name):
            yield "content", name
        if name not in there and code not in noted:
            yield "omitted", name


def _complaint(package: Any) -> Any:
    key, stated = str(package.manifest["complaint"]), package.strict(package.texts["complaint.json"])
    return stated["history"] == package.lines(("complaint", key)) and str(stated["complaint"]["id"]) == key


def _page(package: Any, name: str, rows: Any, erased: list[str]) -> bool:
    """The fact lines of a report: number, verdict, caller ID, times, id, failed rules, recordings' hashes."""
    text, language = package.texts[name].decode(), name.split(".")[1]
    calls, (_, *sections) = package.manifest["calls"], text.split("<h2>")
    right = len(sections) == len(calls) + 1 and text.count('class="verdict') == len(calls)
    for call, section in zip(calls, sections):  # noqa: B905
        head = re.match(r'([^<]*) <span class="verdict (ok|bad)">([^<]*)</span></h2>', section)
        title, verdict, word = head.groups() if head else ("", "", "")
        facts = re.findall(r"<dd[^>]*>(.*?)</dd>", section, re.DOTALL)
        right &= word == WORDS[language][verdict != "ok"]
        if call not in erased:
            row, number = rows[call], _escaped(rows[call]["number"] or rows[call]["given"])
            lists = [f"calls/{call}/{one}.json" for one in ("call", "recordings", "decision")]
            told, sound, decision = (package.strict(package.texts[one]) for one in lists)
            at = f"{_local(row['decided_at'])}+08:00"
            answered = _local(told["answered_at"]) if told["answered_at"] else "–"
            ended = f"{_local(told['ended_at'])[11:]}+08:00" if told["ended_at"] else "–"
            hashes = [one["files"][0]["sha256"] or "–" for one in sound["segments"]]
            failed = sum(one["result"] == "fail" for one in decision["findings"])
            right &= re.findall(r'<td class="code">(.*?)</td>', section, re.DOTALL) == hashes
            right &= (
                facts[5].startswith(answered)
                and facts[5].endswith(ended)
                and section.count('<tr class="fail">') == failed
            )
            right &= title == WORDS[language][2].format(number)
            right &= (verdict == "ok") == (row["verdict"] == "ALLOW")
            right &= [facts[0], facts[4], facts[7]] == [number or "–", at, call]
            left = f"{row['caller_id']} {told['sent_from'] or ''}"  # and no digit besides
            right &= facts[1].startswith(_escaped(row["caller_id"]))
            right &= re.findall(r"\d+", facts[1]) == re.findall(r"\d+", _escaped(left))
    return right


def _local(at: str) -> str:
    """In Shanghai."""
    return (_moment(at) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def _escaped(text: str) -> str:
    return html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class View:
    """One call: what its lists must say, from the rows of its records."""

    def __init__(self, package: Any, call: str, row: Any) -> None:
        self.package, self.call, self.row, self.strict = package, call, row, package.strict
        self.decision = self.strict(package.texts[f"calls/{call}/decision.json"])
        self.facts = self.decision["facts"]
        mine = {name: text for name, text in package.texts.items() if name.startswith(f"calls/{call}/")}
        self.stated: dict[str, Any] = {}
        for name, text in mine.items():
            with contextlib.suppress(Exception):  # what can not be read says nothing
                self.stated[name[39:-5]] = self.strict(text)

    def flaws(self) -> Iterator[tuple[str, str]]:
        segments, legs = self._segments(), self._mine("carrier-leg", "dialled_at", "id")
        for name, expected in {**self._lists(segments), "call": self._told(segments, legs)}.items():
            stated = self.stated.get(name)
            if isinstance(stated, dict) and isinstance(expected, dict):
                expected.update({member: stated.get(member) for member in expected.get("unproven", ())})
            if stated != expected or self._lacks(name, stated):
                yield "shown", f"calls/{self.call}/{name}.json"
        known = {(one["node"], one["uniqueid"]) for one in segments}
        silent = [leg for leg in legs if leg["answered_at"] and (leg["node"], leg["uniqueid"]) not in known]
        gone = [one for one in self.package.proofs["erased"] if one["kind"] == "recording"]
        if silent and not gone and not self._mine("incident"):
            yield "omitted", self.call

    def _lacks(self, name: str, stated: Any) -> bool:
        """Whether a register, as it is said to be now, lacks what the log's lines have put into it."""
        kept: dict[Any, bool] = {}  # whether it must be there; of a consent, whether it must be withdrawn
        for line in stated["history"] if name in ("consent", "do-not-call") else ():
            action, detail = line["action"], line["detail"]
            if name == "do-not-call" and action in ("add", "remove"):
                kept[detail["scope"], detail["value"]] = action == "add"
            if name == "consent" and action == "add":
                kept[detail["industry"], _moment(detail["granted_at"])] = False
            if name == "consent" and action == "withdraw":
                kept.update({one: True for one in kept if detail["industry"] in ("", one[0])})
        if name == "consent":
            there = {(one["industry"], _moment(one["granted_at"])): one for one in stated["now"]}
            missed = [one for one in kept if one not in there]
            return bool(missed) or any(over and not there[one]["withdrawn_at"] for one, over in kept.items())
        known = [(one["scope"], one["value"]) for one in stated["now"]] if kept else []
        return any(must and one not in known for one, must in kept.items())

    def _of(self, name: str, member: str) -> Any:
        """What a list says there, if it does."""
        stated = self.stated.get(name)
        return stated.get(member) if isinstance(stated, dict) else None

    def _now(self, name: str, member: str) -> list[Any]:
        return [one for one in self._of(name, member) or [] if isinstance(one, dict)]

    def _mine(self, kind: str, *order: str) -> list[Any]:
        rows = [row for row in self.package.rows.get(kind, []) if row["decision"] == self.call]
        return sorted(rows, key=lambda row: [row[name] for name in order])

    def _imported(self, name: str, register: str) -> list[Any]:
        """The imports that a list names: only the register says that they brought this person's entry."""
        named = [one.get("seq") for one in self._now(name, "history")]
        acts = [act for act in self.package.of(register, "import") if act["seq"] in named]
        return [{**act, "detail": self.strict(act["detail"])} for act in acts]

    def _lists(self, segments: list[Any]) -> dict[str, Any]:
        row, facts, lines = self.row, self.facts, self.package.lines
        number, business, campaign, caller = map(row.get, ("number", "business", "campaign", "caller_id"))
        script = facts.get("script")
        batches = [("leads", str(one.get("id"))) for one in self._now("provenance", "now")]
        complaints = [("complaint", str(one.get("id"))) for one in self._now("complaints", "complaints")]
        agreed = [(one, one["detail"].get("to") or one["detail"]) for one in lines(("consent", number))]
        agreed = [one for one, to in agreed if one["action"] != "import" and to.get("business") == business]
        agreed += self._imported("consent", "consent")
        refused = lines(("dnc", number)) + self._imported("do-not-call", "dnc")
        said = [one for one in self.package.rows.get("opt-out", []) if f"+{one['number']}" == number]
        said = [{**one, "number": number, "heard_at": self._heard(one, segments)} for one in said]
        held = [*(one["id"] for one in segments), self.call, number]
        blamed = [("agent", row["agent"]), ("campaign", campaign), ("caller-id", caller)]
        then = ("campaign", "business", "suspensions", "registrations")

        def register(then: str, history: list[Any]) -> dict[str, Any]:
            history = sorted(history, key=lambda one: int(one["seq"]))
            return {"then": facts.get(then), "now": None, "history": history, "unproven": ["now"]}

        return {
            "recordings": {"segments": segments, "gaps": self._gaps(segments)},
            "incidents": self._mine("incident", "seq"),
            "consent": register("consents", agreed),
            "do-not-call": {
                **register("refusals", refused),
                "said": sorted(said, key=lambda one: int(one["seq"])),
            },
            "provenance": register("leads", lines(*batches)),
            "caller-id": {"then": facts.get("caller_id"), "history": lines(("caller-id", caller))},
            "campaign": {
                **{f"{name}_then": facts.get(name) for name in then},
                "history": lines(("campaign", campaign)) + lines(("business", business)),
                "suspensions_history": lines(*(("suspension", f"{kind} {key}") for kind, key in blamed)),
                "registrations_history": lines(
                    ("registration", f"business {business}"), ("registration", f"campaign {campaign}")
                ),
            },
            "complaints": {"complaints": None, "history": lines(*complaints), "unproven": ["complaints"]},
            "custody": {
                "exports": lines(("evidence", self.call)),
                "recordings": lines(*(("recording", key) for key in held)),
            },
            "script": {
                "script_then": script,
                "added_at": None,
                "added_by": None,
                "history": lines(("script", script["id"])) if script else [],
                "unproven": ["added_at", "added_by"],
            },
        }

    def _segments(self) -> list[Any]:
        """The recordings; one that goes on has no record yet, and is taken as it is stated."""
        going_on = [one for one in self._now("recordings", "segments") if not one.get("ended_at")]
        segments = [self._segment(row) for row in self._mine("recording")] + going_on
        return sorted(segments, key=lambda one: (one["started_at"], one["id"]))

    def _segment(self, row: Any) -> Any:
        package, files = self.package, []
        why = {one["path"]: one["why"] for one in package.manifest["absent"]}
        gone = any(act["key"] == row["id"] for act in package.of("recording", "dispose"))
        for side in SIDES:
            name, sum = row[side + "path"].rpartition("/")[2], row[side + "sha256"]
            path = f"calls/{self.call}/recordings/{name}"
            state = "none" if not sum else "disposed" if gone else why.get(path, "kept")
            file = path if state in ("kept", "changed") else None
            one = {"side": side[:-1] or "mix", "file": file, "name": name, "state": state, "sha256": sum}
            files.append({**one, "dbfs": row[side + "dbfs"]} if side else one)
        acts = [act for word in ("keep", "policy") for act in package.of("recording", word)]
        days = [self.strict(act["detail"]).get("to") for act in acts if act["key"] == row["id"]]
        places = ("id", "node", "channel", "uniqueid", "state", "started_at", "answered_at", "ended_at")
        columns = (*places, "format", "bytes", "seconds", "talk_seconds")
        return {
            **{name: row[name] for name in columns},
            "part": row.get("part", "carrier"),
            "unseen": row.get("unseen", 0),
            "files": files,
            "keep_until": max(filter(None, [row["keep_until"], *days]), default=None),
            "sound": self.strict(row.get("sound") or "null"),
        }

    def _heard(self, said: Any, segments: list[Any]) -> Any:
        """In which file, and between which of its seconds, an opt-out can be heard."""
        one = next((one for one in segments if one["id"] == said["recording"]), None)
        if one is None or not one["ended_at"] or one["ended_at"] < said["at"]:
            return None
        low = high = said["position"]
        if index := (one["sound"] or {}).get("index"):
            at = (_moment(said["at"]) - _moment(one["sound"]["since"])).total_seconds()
            after = sum(t <= at for t, _ in index)
            (t0, f0), (t1, f1) = index[max(after - 1, 0)], index[min(after, len(index) - 1)]
            low, high = max(f0, f1 - (t1 - at)), min(f1, f0 + (at - t0))
            if low > high or not 0 < after < len(index):
                low = high = f0 + (f1 - f0) * (at - t0) / ((t1 - t0) or 1)
            low, high = round(low, 2), round(high, 2)
        file = f"calls/{self.call}/recordings/{one['files'][0]['name']}"
        return {"file": file, "from": low, "to": high} if low is not None else None

    def _gaps(self, segments: list[Any]) -> list[Any]:
        """Between the segments of a leg, in seconds."""
        by_leg: dict[Any, list[Any]] = {}
        for one in segments:
            if one["part"] == "carrier":
                by_leg.setdefault((one["node"], one["uniqueid"]), []).append(one)
        gaps = []
        for leg in by_leg.values():
            for before, after in zip(leg, leg[1:]):  # noqa: B905, RUF007
                if before["ended_at"] and after["answered_at"]:
                    seconds = (_moment(after["started_at"]) - _moment(before["ended_at"])).total_seconds()
                    gap = {
                        "from": before["ended_at"],
                        "to": after["started_at"],
                        "seconds": round(seconds, 3),
                    }
                    gaps += [{"after": before["id"], "before": after["id"], **gap}] if seconds > 0 else []
        return gaps

    def _told(self, segments: list[Any], legs: list[Any]) -> dict[str, Any]:
        """The facts of the call."""
        row, decision = self.row, self.decision
        undelivered = (self._mine("undelivered") or [None])[0]
        answered = [one["answered_at"] for one in segments if one["answered_at"]]
        running = any(not one["ended_at"] for one in segments)
        chosen = ([leg for leg in legs if leg["answered_at"]] or legs or [{}])[-1]
        became = "answered" if answered else "unseen" if any(one["unseen"] for one in segments) else None
        became = "running" if running else became or ("unanswered" if segments else None)
        became = "refused" if not row["dial"] else "not-delivered" if undelivered else became
        caller, usual = self.facts.get("caller_id") or {}, decision["attempt"]["caller_id"]
        same = ("id", "node", "decided_at", "behind_us", "mode", "verdict")
        versions = {name: decision.get(name) or None for name in ("calendar", "tz", "number_metadata")}
        facts = {
            **{name: row[name] for name in same},
            **{name: row[name] or None for name in ("caller_id", "campaign", "business", "agent", "trunk")},
            "number_of_the_decision": row["seq"],
            "delivered": undelivered is None,
            "not_delivered_because": undelivered["reason"] if undelivered else None,
            "reasons": self.strict(row["reasons"]),
            "callee": row["number"] or None,
            "callee_as_dialled": row["given"],
            "number_given_to_the_trunk": row["dial"] or None,
            "may_leave_as": caller.get("sent_as") or ([usual] if usual else []),
            "agent_leg": {"channel": row["channel"] or None, "uniqueid": row["uniqueid"] or None},
            "carrier_legs": self._legs(legs, segments),
            **{name: None if chosen.get(name) == "" else chosen.get(name) for name in JOINED},
            "answered_at": min(answered, default=None),
            "ended_at": None if running else max([one["ended_at"] for one in segments], default=None),
            "disposition": became,
            "versions": {"profiles": decision.get("policy") or [], **versions},
        }
        unknown = [name for name in (*JOINED, *EXPECTED) if facts[name] is None]
        unknown += [f"versions.{name}" for name, value in facts["versions"].items() if not value]
        going_on = self._of("call", "legs_going_on")
        return {**facts, "unknown": sorted(unknown), "legs_going_on": going_on}

    def _legs(self, legs: list[Any], segments: list[Any]) -> list[Any]:
        """The carrier's legs, the first one first: how each was recorded, and what Asterisk told of it."""
        shown = {}
        for leg in legs:
            one = {name: leg[name] for name in ("channel", "uniqueid", "answered_at", "ended_at")}
            one.update({name: None if leg.get(name, "") == "" else leg[name] for name in TOLD})
            heard = [*self.strict(leg.get("supervision", "{}")).values()]
            shown[leg["node"], leg["uniqueid"]] = {**one, "first_recorded_at": None, "supervision": heard}
        for one in segments:
            if one["part"] == "carrier":
                new = {"channel": one["channel"], "uniqueid": one["uniqueid"], "supervision": []}
                leg = shown.setdefault((one["node"], one["uniqueid"]), {**new, **dict.fromkeys(TOLD)})
                begun = one["started_at"] if one["files"][0]["sha256"] or one["state"] == "running" else None
                leg["first_recorded_at"] = leg.get("first_recorded_at") or begun
                leg["answered_at"] = leg.get("answered_at") or one["answered_at"]
                leg["ended_at"] = one["ended_at"]
        return [*shown.values()]

"""The reports against the records (``shown``): their form, and every line that a record has.

A report is what the template makes and nothing else: its tags, its style, its labels, in their order; any
other text is escaped. Proven are of each call number, verdict, caller ID, times, id, what became of it, which
rules failed, its recordings, consents and incidents. The other words are named as unproven; that nobody
changed them, the log's digest of the file tells (``enclosed``).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from dialpact.application.evidence.proven import WRONG, ProvenRecords
from dialpact.application.evidence.shown import WORDS, sections
from dialpact.application.evidence.strict import strict
from dialpact.application.evidence.verdict import PackageFlaw
from dialpact.compliance.clock import instant

DASH = "–"  # where there is nothing to show
REPORT = re.compile(r"report\.(zh|en)\.html")
_HEAD = re.compile(r'([^<]*) <span class="verdict (ok|bad)">')
_LINE = re.compile(r"<dt>([^<]*)</dt><dd[^>]*>(.*?)</dd>", re.DOTALL)
_RULE = re.compile(r'<tr( class="fail")?><td>[^<]*</td><td>')
_SEGMENT = re.compile(r"<tr><td>(.*?)</td></tr>", re.DOTALL)
Words = Mapping[str, str]  # what is fixed in a report of a language


def flaws(package: ProvenRecords) -> Iterator[PackageFlaw]:
    for name in package.members:
        if found := REPORT.fullmatch(name):
            try:
                right = _is_true(package, package.text(name).decode(), found[1])
            except WRONG:
                right = False
            if not right:
                yield PackageFlaw("shown", name)


def unproven(package: ProvenRecords) -> Iterator[str]:
    for name in package.members:
        if REPORT.fullmatch(name):
            yield f"{name}: words"


def _is_true(package: ProvenRecords, text: str, language: str) -> bool:
    words: Words = WORDS[language]
    manifest, (top, *calls, end) = package.manifest, sections(text, language)
    form = f"{words['subtitle']} {words['unproven']}"  # the node is no record's
    made, _, rest = form.format(_at(manifest.made_at), manifest.made_by, "\n").rpartition("\n")
    subtitle = html.unescape(top.partition('<p class="quiet">')[2].partition("</p>")[0])
    return (
        subtitle.startswith(made)
        and subtitle.endswith(rest)
        and _lines(top).get(words["reason"], [""]) == [manifest.reason]
        and (words["no-call"] in top) == (not calls)
        and _lines(end)[words["key"]] == manifest.keys[:1]
        and len(calls) == len(manifest.calls)
        and all(_Call(package, *one, words).is_true() for one in zip(manifest.calls, calls, strict=True))
    )


class _Call:
    """A call's section, and the lists of the call, which are compared with the records by themselves."""

    def __init__(self, package: ProvenRecords, id: str, section: str, words: Words) -> None:
        self.package, self.id, self.section, self.words = package, id, section, words
        self.lines, self.told = _lines(section), self._list("call")

    def _list(self, name: str) -> Any:
        return strict(self.package.text(f"calls/{self.id}/{name}.json"))

    def is_true(self) -> bool:
        words, head = self.words, _HEAD.match(self.section)
        _, _, table = self.section.partition('<table class="sound">')
        rows = [re.split(r"</td><td[^>]*>", row) for row in _SEGMENT.findall(table.partition("</table>")[0])]
        segments = enumerate(self._list("recordings")["segments"], 1)
        incidents = [
            words["incident"].format(_at(one["at"]), one["kind"], one["detail"])
            for one in self._list("incidents")
        ]
        erased = self.id in self.package.erased("decision")
        number, wanted = self._erased() if erased else self._known()
        wanted |= {"incidents": incidents or [words["none"]]}
        return (
            head is not None
            and html.unescape(head[1]) == words["call"].format(number)
            and (head[2] == "ok") == (self.told["verdict"] == "ALLOW")
            and [[html.unescape(cell) for cell in row] for row in rows]
            == [self._segment(*one) for one in segments]
            and ("<p><b>" in self.section) == (erased or bool(self.told["reasons"]))
            and all(self.lines.get(words[name]) == said for name, said in wanted.items())
            and (words["callee"] in self.lines) == (words["answered"] in self.lines) == (not erased)
            and (erased or self._judged())
            and (f"<p>{words['shadow']}</p>" in self.section) == (not erased and self._put_through())
        )

    def _erased(self) -> tuple[str, dict[str, list[str]]]:
        campaign, trunk = (self.told[name] or DASH for name in ("campaign", "trunk"))
        at = _at(self.told["decided_at"])
        wanted = {"campaign": [campaign], "agent": [trunk], "decided": [at], "decision": [self.id]}
        return self.words["erased-number"], wanted

    def _known(self) -> tuple[str, dict[str, list[str]]]:
        """What each line of it must say, by the name of its label."""
        words, told, decision = self.words, self.told, self._list("decision")
        (row,), asked = self.package.of("decision", id=self.id), decision["attempt"]
        number, caller, left = row["number"] or row["given"], asked["caller_id"], told["sent_from"]
        became = words[f"is-{told['disposition'] or 'unknown'}"].format(told["not_delivered_because"])
        sent = words["sent-from"].format(caller or DASH, left) if left else caller
        consents = [_consent(one, words) for one in decision["facts"].get("consents") or []]
        return number, {
            "callee": [number or DASH],
            "caller_id": [sent or DASH],
            "agent": [" · ".join(filter(None, (asked.get("agent"), asked.get("trunk")))) or DASH],
            "decided": [_at(row["decided_at"])],
            "answered": [_span(told["answered_at"], told["ended_at"])],
            "disposition": [became],
            "decision": [row["id"]],
            "consent": consents or [words["none"]],
        }

    def _judged(self) -> bool:
        """Whether each rule is shown, and those that failed as such."""
        findings = self._list("decision")["findings"]
        return [bool(one) for one in _RULE.findall(self.section)] == [
            one["result"] == "fail" for one in findings
        ]

    def _put_through(self) -> bool:
        (row,) = self.package.of("decision", id=self.id)
        return bool(row["verdict"] != "ALLOW" and row["dial"] != "")

    def _segment(self, number: int, one: Any) -> list[str]:
        words, (mix, *sides) = self.words, one["files"]
        levels = [words["silent"] if side["dbfs"] is None else f"{side['dbfs']} dBFS" for side in sides]
        return [
            f"{number} {words['part-' + one['part']]}",
            _span(one["started_at"], one["ended_at"]),
            words["second"].format(one["seconds"]) if one["seconds"] is not None else DASH,
            " / ".join(levels) if one["ended_at"] else DASH,
            one["keep_until"] or DASH,
            words[mix["state"]],
            mix["sha256"] or DASH,
        ]


def _lines(section: str) -> dict[str, list[str]]:
    """What is said by each label."""
    return {
        html.unescape(label): [html.unescape(line) for line in said.split("<br>")]
        for label, said in _LINE.findall(section)
    }


def _consent(one: Any, words: Words) -> str:
    proof = one.get("evidence_sha256")
    evidence = one["evidence"] + (words["consent-hash"].format(proof[:16]) if proof else "")
    more = [
        words[f"consent-{name}"].format(_at(one[f"{name}_at"]))
        for name in ("expires", "withdrawn")
        if one.get(f"{name}_at")
    ]
    given, wording = _at(one["granted_at"]), one.get("wording") or DASH
    return "".join([words["consent-is"].format(one["industry"], given, wording, evidence), *more])


def _span(start: str | None, end: str | None) -> str:
    """From, to; the day and the offset once where they are the same."""
    first, last = _at(start), _at(end)
    if DASH in (first, last) or first[:10] != last[:10]:
        return f"{first}, {last}"
    return f"{first[:19]} {DASH} {last[11:]}"


def _at(at: str | None) -> str:
    """In Shanghai."""
    if not at:
        return DASH
    local = (instant(at) + timedelta(hours=8)).replace(tzinfo=None)
    return f"{local.isoformat(' ', 'seconds')}+08:00"

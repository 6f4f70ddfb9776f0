"""The report's fact lines against the records (``shown``): each call's number, verdict, caller ID, times, id,
how many rules failed, and the hashes of its recordings.

The rest of its words is not looked at, and is named as unproven; that nobody changed them since they were
made, the log's digest of the file tells (``enclosed``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from dialpact.application.evidence.proven import WRONG, ProvenRecords, Row
from dialpact.application.evidence.strict import strict
from dialpact.application.evidence.verdict import PackageFlaw
from dialpact.compliance.clock import instant

DASH = "–"  # where there is nothing to show
REPORT = re.compile(r"report\.(zh|en)\.html")
WORDS = {
    "en": {"ok": "ALLOWED", "bad": "BLOCKED", "title": "Call to {}"},
    "zh": {"ok": "放行", "bad": "拦截", "title": "对 {} 的呼叫"},
}
_HEAD = re.compile(r'([^<]*) <span class="verdict (ok|bad)">([^<]*)</span></h2>')
_FACT = re.compile(r"<dd[^>]*>(.*?)</dd>", re.DOTALL)
_HASH = re.compile(r'<td class="code">(.*?)</td>', re.DOTALL)
_CALLER_ID, _DECIDED, _ANSWERED, _ID = 1, 4, 5, 7  # places of fact lines; the callee's is the first


def flaws(package: ProvenRecords) -> Iterator[PackageFlaw]:
    for name in package.members:
        if found := REPORT.fullmatch(name):
            text = package.text(name).decode("utf-8", "replace")
            try:
                right = _is_true(package, text, found[1])
            except WRONG:
                right = False
            if not right:
                yield PackageFlaw("shown", name)


def unproven(package: ProvenRecords) -> Iterator[str]:
    for name in package.members:
        if REPORT.fullmatch(name):
            yield f"{name}: words"


def _is_true(package: ProvenRecords, text: str, language: str) -> bool:
    calls, erased = package.manifest.calls, package.erased("decision")
    _, *sections = text.split("<h2>")
    if len(sections) != len(calls) + 1 or text.count('class="verdict') != len(calls):
        return False
    for id, section in zip(calls, sections, strict=False):
        head, facts = _HEAD.match(section), _FACT.findall(section)
        if head is None or head[3] != WORDS[language][head[2]]:
            return False
        if id in erased:
            continue
        (row,) = package.of("decision", id=id)
        if not (_fits(row, WORDS[language]["title"], head, facts) and _tells(package, id, section, facts)):
            return False
    return True


def _tells(package: ProvenRecords, id: str, section: str, facts: list[str]) -> bool:
    """When it was answered, how many rules failed, the hash of each recording: as its lists have it, which
    are compared with the records by themselves.
    """
    call, sound, decision = (
        strict(package.text(f"calls/{id}/{name}.json")) for name in ("call", "recordings", "decision")
    )
    hashes = [segment["files"][0]["sha256"] or DASH for segment in sound["segments"]]
    failed = [finding for finding in decision["findings"] if finding["result"] == "fail"]
    callers = decision["attempt"]["caller_id"], call["sent_from"]  # what was to be shown, and what left
    answered = _local(call["answered_at"])[:19] if call["answered_at"] else DASH
    return (
        _HASH.findall(section) == hashes
        and section.count('<tr class="fail">') == len(failed)
        and facts[_ANSWERED].startswith(answered)
        and facts[_ANSWERED].endswith(_local(call["ended_at"])[11:] if call["ended_at"] else DASH)
        and _digits(facts[_CALLER_ID]) == _digits(_escaped(f"{callers[0]} {callers[1] or ''}"))
    )


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _local(at: str) -> str:
    """In Shanghai."""
    local = (instant(at) + timedelta(hours=8)).replace(tzinfo=None)
    return f"{local.isoformat(' ', 'seconds')}+08:00"


def _fits(row: Row, wanted: str, head: re.Match[str], facts: list[str]) -> bool:
    title, verdict, _ = head.groups()
    callee = _escaped(row["number"] or row["given"])
    return (
        len(facts) > _ID
        and title == wanted.format(callee)
        and (verdict == "ok") == (row["verdict"] == "ALLOW")
        and facts[0] == (callee or DASH)
        and facts[_CALLER_ID].startswith(_escaped(row["caller_id"]))
        and (facts[_DECIDED], facts[_ID]) == (_local(row["decided_at"]), row["id"])
    )


def _escaped(text: str) -> str:
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ('"', "&#34;")):
        text = text.replace(sign, written)
    return text

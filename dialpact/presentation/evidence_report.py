"""The one-page report of a package: what was asked, decided and why, recorded and proven, in both languages.

Everything in it comes from the package's own files; nothing is guessed, what is not known is said to be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dialpact.application.answer import looked_at_text
from dialpact.application.evidence.container import Source
from dialpact.application.evidence.cover import Cover, Pages
from dialpact.application.evidence.folder import Folder, heard_at
from dialpact.application.evidence.form import Note
from dialpact.application.evidence.matching import CallQuestion
from dialpact.application.explanation import looked_at
from dialpact.compliance import profile as profiles
from dialpact.compliance.clock import instant
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.evidence.rows import ComplaintRow, OptOutRow
from dialpact.compliance.model import Decision, Finding
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import LANGUAGES, Language, finding_text, reason_text
from dialpact.compliance.texts import text as domain_text
from dialpact.presentation import heard, page, texts
from dialpact.presentation.page.template import DASH, moment
from dialpact.presentation.rule import rule_name

TEMPLATE = "evidence.html"


def reports(
    language: Language,
    pdf: Callable[[str], bytes],
    cover: Cover,
    folders: Sequence[Folder],
    notes: Sequence[Note],
) -> Pages:
    """``report.zh.html``, ``report.en.html``, and both as PDF where this host can make one.

    ``language``: of what is said where it can not. ``pdf``: of a page's HTML.
    """
    files: dict[str, Source] = {}
    problems: list[Note] = []
    for each in LANGUAGES:
        shown = _Words(each).page(cover, folders, notes)
        files[f"report.{each}.html"] = page.html(TEMPLATE, each, **shown, printed=False).encode()
        try:
            files[f"report.{each}.pdf"] = pdf(page.html(TEMPLATE, each, **shown, printed=True))
        except Fault as fault:
            if not problems:
                problems = [Note(code="no-pdf", about=texts.fault_text(fault, language))]
    return Pages(files, problems)


class _Words:
    def __init__(self, language: Language) -> None:
        self._language = language

    def _text(self, name: str, /, **values: object) -> str:
        return texts.text(f"proof.{name}", self._language, **values)

    def page(self, cover: Cover, folders: Sequence[Folder], notes: Sequence[Note]) -> dict[str, Any]:
        root = cover.head.root.hex()
        unknown = dict.fromkeys(name for one in folders for name in one.about["unknown"])
        return {
            "made_at": cover.made_at,
            "by": cover.by,
            "node": cover.node,
            "reason": cover.reason,
            "asked": list(self._asked(cover.question)),
            "complaint": self._complaint(cover.complaint) if cover.complaint else "",
            "calls": [self._call(one) for one in folders],
            "checkpoint": self._text(
                "checkpoint-is", origin=cover.head.origin, size=cover.head.size, root=root
            ),
            "key": cover.key,
            "unknown": [texts.text(f"unknown.{name}", self._language) for name in unknown if "." not in name],
            "notes": [note_text(note, self._language) for note in notes],
        }

    def _asked(self, question: CallQuestion) -> Iterator[str]:
        if question.call:
            yield self._text("asked-call", id=question.call)
        if question.complaint:
            yield self._text("asked-complaint", id=question.complaint)
        if question.callee:
            yield self._text("asked-callee", callee=question.callee)
        if question.caller_id:
            yield self._text("asked-over", caller_id=question.caller_id)
        if question.around:
            yield self._text("asked-around", around=moment(question.around), within=question.within)
        if question.businesses:
            yield self._text("asked-businesses", businesses=", ".join(question.businesses))

    def _complaint(self, row: ComplaintRow) -> str:
        status = (
            self._text("complaint-answered", at=_time(row["answered_at"]), answer=row["answer"])
            if row["status"] == "answered"
            else self._text("complaint-open")
        )
        return self._text(
            "complaint-about",
            id=row["id"],
            number=f"+{row['number']}",
            source=row["source"],
            called_at=_time(row["called_at"]),
            received_at=_time(row["received_at"]),
            due=row["due"] or DASH,
            status=status,
        )

    def _call(self, one: Folder) -> dict[str, Any]:
        decision, about = one.decision, one.about
        if decision is None:
            return self._erased(one)
        attempt, campaign = decision.attempt, decision.facts.campaign
        named = (
            f"{campaign.id} ({campaign.business}, {campaign.industry}, {self._purpose(campaign.purpose)})"
            if campaign
            else attempt.campaign
        )
        facts = [
            ("callee", about["callee"] or about["callee_as_dialled"]),
            ("caller_id", self._caller_id(attempt.caller_id, about["sent_from"])),
            ("campaign", named),
            ("agent", " · ".join(filter(None, (attempt.agent, attempt.trunk)))),
            ("decided", moment(decision.decided_at)),
            ("answered", _span(about["answered_at"], about["ended_at"])),
            ("disposition", self._disposition(about)),
            ("decision", decision.id),
        ]
        return {
            "number": about["callee"] or about["callee_as_dialled"],
            "allowed": decision.allowed,
            "shadow": decision.put_through and not decision.allowed,
            "reasons": [reason_text(code, self._language) for code in decision.reasons],
            "facts": [(name, value or DASH) for name, value in facts],
            "rules": [self._rule(found, one, decision) for found in decision.findings],
            **self._sound(one),
            "lists": list(self._lists(one, decision)),
        }

    def _caller_id(self, authorised: str, sent: str | None) -> str:
        """Beside what left, where that is known."""
        return self._text("sent-from", caller_id=authorised or DASH, sent=sent) if sent else authorised

    def _erased(self, one: Folder) -> dict[str, Any]:
        about = one.about
        facts = [
            ("campaign", about["campaign"]),
            ("agent", about["trunk"]),
            ("decided", _time(about["decided_at"])),
            ("decision", about["id"]),
        ]
        return {
            "number": self._text("erased-number"),
            "allowed": about["verdict"] == "ALLOW",
            "shadow": False,
            "reasons": [note_text(Note(code="erased", about=about["id"]), self._language)],
            "facts": [(name, value or DASH) for name, value in facts],
            "rules": [],
            **self._sound(one),
            "lists": [("incidents", self._incidents(one))],
        }

    def _sound(self, one: Folder) -> dict[str, Any]:
        gaps = [self._text("gap", seconds=gap["seconds"], at=_time(gap["from"])) for gap in one.sound["gaps"]]
        names = {row["id"]: row["path"].rpartition("/")[2] for row in one.call.recordings}
        for number, row in enumerate(one.call.recordings, 1):
            for line in heard.lines(row["sound"], self._language, names):
                gaps.append(self._text("heard", segment=number, what=line))
        return {"segments": [self._segment(each) for each in one.sound["segments"]], "gaps": gaps}

    def _incidents(self, one: Folder) -> list[str]:
        return [
            self._text("incident", at=_time(row["at"]), kind=row["kind"], detail=row["detail"])
            for row in one.call.incidents
        ]

    def _supervision(self, one: Folder) -> list[str]:
        return [
            self._text(
                "supervision-is",
                channel=each["channel"],
                way=each["way"],
                heard=texts.text(f"heard.{each['heard_by']}", self._language),
                since=_time(each["since"]),
                until=_time(each["until"]) if each.get("until") else DASH,
            )
            for leg in one.about["carrier_legs"]
            for each in leg["supervision"]
        ]

    def _purpose(self, purpose: str) -> str:
        return domain_text(f"purpose.{purpose}", self._language)

    def _disposition(self, about: dict[str, Any]) -> str:
        name = f"disposition-{about['disposition'] or 'unknown'}"
        return self._text(name, why=about["not_delivered_because"])

    def _rule(self, found: Finding, one: Folder, decision: Decision) -> dict[str, Any]:
        return {
            "name": rule_name(found.rule, self._language),
            "failed": found.result == "fail",
            "found": finding_text(found, self._language),
            "looked": looked_at_text(looked_at(found, decision), self._language),
            "clause": clause(found, one, decision),
        }

    def _segment(self, segment: dict[str, Any]) -> dict[str, str]:
        mix, *sides = segment["files"]
        levels = [
            self._text("dbfs", level=side["dbfs"]) if side["dbfs"] is not None else self._text("silent")
            for side in sides
        ]
        seconds = segment["seconds"]
        state = mix["state"]
        return {
            "part": texts.text(f"part.{segment['part']}", self._language),
            "span": _span(segment["started_at"], segment["ended_at"]),
            "seconds": self._text("second", count=f"{seconds:.1f}") if seconds is not None else DASH,
            "levels": " / ".join(levels) if segment["ended_at"] else DASH,
            "keep": segment["keep_until"] or DASH,
            "state": self._text(f"state-{state}")
            if state in ("kept", "none")
            else texts.text(f"absent.{state}", self._language),
            "sha256": mix["sha256"] or DASH,
        }

    def _lists(self, one: Folder, decision: Decision) -> Iterator[tuple[str, list[str]]]:
        call = one.call
        facts = decision.facts
        yield "consent", [self._consent(consent) for consent in facts.consents]
        before = [("opt-out-before", entry) for entry in facts.opt_outs]
        seen = {(entry.scope, entry.value) for entry in facts.opt_outs}
        later = [
            self._text(
                "opt-out-after",
                scope=f"{row['scope']} {row['value']}".strip(),
                at=_time(row["requested_at"]),
                source=row["source"],
            )
            for row in call.do_not_call
            if (row["scope"], row["value"]) not in seen
        ]
        yield (
            "opt-outs",
            [
                self._text(
                    name,
                    scope=f"{entry.scope} {entry.value}".strip(),
                    at=moment(entry.requested_at),
                    source=entry.source,
                )
                for name, entry in before
            ]
            + later
            + [self._said(one, row) for row in call.opt_outs],
        )
        yield (
            "provenance",
            [
                self._text(
                    "provenance-is",
                    id=batch.id,
                    partner=batch.partner,
                    contract=batch.contract,
                    basis=batch.basis,
                    imported_at=moment(batch.imported_at),
                )
                for batch in facts.leads
            ],
        )
        if facts.script:
            script = facts.script
            name = "script-is" if script.approved_by else "not-approved"
            yield (
                "script",
                [
                    self._text(
                        name,
                        id=script.id,
                        version=script.version,
                        by=script.approved_by,
                        at=moment(script.approved_at),
                        sha256=script.sha256[:16],
                    )
                ],
            )
        if supervised := self._supervision(one):
            yield "supervision", supervised
        yield (
            "incidents",
            self._incidents(one),
        )
        named = [
            f"{version.profile} {version.version} (SHA-256 {version.sha256[:16]}…)"
            for version in decision.policy
        ]
        yield (
            "versions",
            [
                ", ".join(
                    [
                        *named,
                        *filter(
                            None,
                            (
                                decision.calendar,
                                f"tz {decision.tz}" if decision.tz else "",
                                decision.number_metadata,
                            ),
                        ),
                    ]
                )
                or self._text("none")
            ],
        )

    def _said(self, one: Folder, row: OptOutRow) -> str:
        found = heard_at(one.call, row)
        where = (
            self._text(
                "said-where",
                file=found["file"].rpartition("/")[2],
                place=heard.place((found["from"], found["to"])),
            )
            if found
            else ""
        )
        return self._text("said", at=_time(row["at"]), how=row["how"], by=row["by"], where=where)

    def _consent(self, consent: Any) -> str:
        expires = self._text("consent-expires", at=moment(consent.expires_at)) if consent.expires_at else ""
        withdrawn = (
            self._text("consent-withdrawn", at=moment(consent.withdrawn_at)) if consent.withdrawn_at else ""
        )
        proof = (
            self._text("consent-hash", sha256=consent.evidence_sha256[:16]) if consent.evidence_sha256 else ""
        )
        return self._text(
            "consent-is",
            industry=consent.industry,
            granted_at=moment(consent.granted_at),
            wording=consent.wording or DASH,
            evidence=consent.evidence + proof,
            expires=expires,
            withdrawn=withdrawn,
        )


def clause(found: Finding, one: Folder, decision: Decision) -> str:
    """The clause's own words, from the text of the profile in force; else what the finding calls it."""
    name, _, rule = found.clause.partition(" ")
    for version in decision.policy:
        if version.profile != name:
            continue
        text = one.profiles.get(version.sha256, "")
        try:
            section = profiles.parse(text.encode(), name).section(rule) if text else None
        except ProfileError:  # of another version of this product
            section = None
        if section is not None and section.clause:
            several = len(decision.policy) > 1
            return f"{section.clause} ({name})" if several else section.clause
    return found.clause


def note_text(note: Note, language: Language) -> str:
    return texts.text(f"note.{note.code}", language, about=note.about)


def _span(start: str | None, end: str | None) -> str:
    """From, to; the day and the offset once where they are the same."""
    first, last = _time(start), _time(end)
    if DASH in (first, last) or first[:10] != last[:10]:
        return f"{first}, {last}"
    return f"{first[:19]} {DASH} {last[11:]}"


def _time(text: str | None) -> str:
    return moment(instant(text)) if text else DASH

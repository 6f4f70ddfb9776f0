"""An installation into a PBX in words: what changes, what became of it, and what holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialpact.application.pbx import difference
from dialpact.application.pbx.notice import Notice
from dialpact.application.pbx.plan import Plan
from dialpact.application.pbx.prove import Proof, RouteProof
from dialpact.application.pbx.reloading import Reloaded
from dialpact.compliance.texts import Language
from dialpact.presentation.texts import catalogue, text
from dialpact.presentation.visible import visible

LONGEST = 400  # characters of a line of a diff


def planned(plan: Plan) -> dict[str, Any]:
    """``changes``: of each file ``path``, ``change`` (new, changed, removed, none), ``diff``; ``rows``: of
    each value in a table ``table``, ``key``, ``column``, ``diff``.
    """
    return {
        "pbx": plan.found.name,
        "version": plan.found.version,
        "seen_in": plan.found.seen_in,
        "nothing": plan.nothing,
        "changes": [
            {
                "path": one.path,
                "change": "none"
                if not one.changes
                else "new"
                if one.present is None
                else "removed"
                if one.wanted is None
                else "changed",
                "diff": shown(difference.of_file(one, plan.hidden)),
            }
            for one in plan.files
        ],
        "rows": [
            {
                "table": one.row.table,
                "key": dict(one.row.key),
                "column": one.row.column,
                "diff": shown(difference.of_row(one, plan.hidden)),
            }
            for one in plan.rows
        ],
    }


def shown(lines: Sequence[str]) -> str:
    """A tab stays one; nothing else that moves a cursor does."""
    return "\n".join("\t".join(visible(part, LONGEST) for part in line.split("\t")) for line in lines)


def remarked(remarks: Sequence[Notice], language: Language) -> list[dict[str, Any]]:
    """``code``, ``text`` of each."""
    return [
        {"code": one.key, "text": text(f"pbx-notice.{one.key}", language, **one.values)} for one in remarks
    ]


def reloaded(programs: Sequence[Reloaded]) -> list[dict[str, Any]]:
    return [
        {"program": " ".join(one.words), "done": one.done, "why": visible(one.why.replace("\n", " "))}
        for one in programs
    ]


def proven(proof: Proof, language: Language) -> dict[str, Any]:
    """``proven``: all that there is to prove; ``routes``: one by one."""
    return {
        "proven": proof.holds,
        "missing": [visible(one) for one in proof.missing],
        "routes": [_route(one, language) for one in proof.routes],
    }


def _route(one: RouteProof, language: Language) -> dict[str, Any]:
    route = one.route
    return {
        "route": visible(route.name),
        "context": visible(route.context),
        "pattern": visible(route.pattern),
        "trunk": visible(route.trunk),
        "result": one.result,
        "code": one.why,
        "why": why(one, language),
        "number": one.number,
        "decision": one.decision,
        "place": visible(route.place),
        "write": [visible(line) for line in route.lines] if one.result == "goes-round" else [],
    }


def why(one: RouteProof, language: Language) -> str:
    """A sentence; empty where it is proven."""
    if not one.why:
        return ""
    table = "pbx-round" if one.result == "goes-round" else "pbx-proof"
    values = {name: visible(value) for name, value in (one.values or {}).items()}
    known = catalogue(language)
    key = f"{table}.{one.why}"
    return known[key].format(**values) if key in known else one.why

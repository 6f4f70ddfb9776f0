"""The plan that AMI's ShowDialPlan tells of a running Asterisk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from dialpact.compliance.dialplan.plan import Place, Plan, Step

UNPLACED = Place("ShowDialPlan")


def read(rows: Iterable[Mapping[str, str]], variables: Mapping[str, str], files: Plan) -> Plan:
    """``files`` knows where a step stands, if it is the same there; rows name no file."""
    plan, written = Plan(variables=dict(variables)), _written(files)
    for row in rows:
        name = row.get("Context", "")
        if not name:
            continue
        context = plan.context(name)
        if include := row.get("IncludeContext"):
            context.includes.append(include.partition(",")[0].strip())
        elif switch := row.get("Switch"):
            context.switches.append((switch, UNPLACED))
        elif (priority := row.get("Priority", "")).isdigit() and int(priority) > 0:
            step = Step(
                name,
                row.get("Extension", ""),
                int(priority),
                row.get("Application", "").strip().lower(),
                row.get("AppData", "").strip(),
                row.get("ExtensionLabel", "").strip(),
                UNPLACED,
            )
            _add(plan, step, written[step.where])
    return plan


def _written(files: Plan) -> dict[tuple[str, str, int], list[Step]]:
    """By context, pattern and priority."""
    found: dict[tuple[str, str, int], list[Step]] = defaultdict(list)
    for context in files.contexts.values():
        for extension in context.extensions.values():
            for step in extension.steps.values():
                found[context.name, extension.pattern, step.priority].append(step)
    return found


def _add(plan: Plan, step: Step, written: list[Step]) -> None:
    """Rows leave out for which caller an extension is: two of them look alike, and neither may be lost."""
    for same in written:
        if (same.app, same.data, same.label) == (step.app, step.data, step.label):
            written.remove(same)
            plan.add(same)
            return
    extension = plan.context(step.context).extensions.get(step.extension)
    taken = extension is not None and step.priority in extension.steps
    plan.add(replace(step, extension=f"{step.extension}/?") if taken else step)

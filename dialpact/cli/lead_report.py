"""What the range detector found in a batch, for people."""

from __future__ import annotations

from dialpact.application.leads import Looked
from dialpact.cli.command_context import CommandContext
from dialpact.compliance.held import finding_of, owes_scrub
from dialpact.compliance.ranges import RangeReport


def imported(session: CommandContext, looked: Looked) -> None:
    """After the counts of an import: the batch, and if it is held, why and what to do."""
    what = finding_of(looked.held)
    if looked.batch is not None:
        session.answer(None, session.text("say.held" if what else "say.batch", batch=looked.batch, what=what))
        if owes_scrub(looked.held):
            session.answer(None, session.text("say.not-scrubbed", batch=looked.batch))
    if what:
        for profile, found in looked.finding.items():
            report(session, profile, found)


def report(session: CommandContext, profile: str, found: RangeReport) -> None:
    """Figures, then the offending runs and blocks, the worst first."""
    longest = found.longest.length if found.longest else min(found.numbers, 1)
    session.answer(
        None,
        session.text(
            "say.ranges",
            profile=profile,
            numbers=found.numbers,
            longest=longest,
            densest=", ".join(f"{block.count}/{block.size}" for block in found.densest) or "-",
            unassigned=found.unassigned,
            share=session.cell(found.unassigned_share),
        ),
    )
    if found.runs:
        rows = [[run.first, run.last, run.length, run.step] for run in found.runs]
        session.table(("first", "last", "length", "step"), rows, None)
    if found.blocks:
        cells = [[block.prefix, block.count, block.size, block.share] for block in found.blocks]
        session.table(("prefix", "count", "size", "per_cent"), cells, None)
    hidden = found.runs_found + found.blocks_found - len(found.runs) - len(found.blocks)
    if hidden:
        session.note(session.text("say.more-ranges", count=hidden))

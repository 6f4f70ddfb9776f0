"""``python -m tests.golden.record`` writes ``said/`` anew: what git then shows, a user sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.golden import firm, kept, people
from tests.golden.house import House, empty

SAID = Path(__file__).parent / "said"
Story = Iterable[Callable[[House], None]]
FRESH: Story = (
    *(firm.beginning, firm.registers, firm.scripts),
    *(people.consents, people.leads, people.imports, people.check, people.suspensions),
    firm.errors,
)
KEPT: Story = (kept.opened, kept.calls, kept.recordings, kept.evidence, kept.ledger, kept.reports)


def told(story: Story) -> Iterator[tuple[str, str]]:
    """Each group's file and what it holds, in the order of the story."""
    with empty() as house:
        for group in story:
            group(house)
            yield f"{group.__name__}.txt", house.told()


if __name__ == "__main__":
    for story in (FRESH, KEPT):
        for name, text in told(story):
            (SAID / name).write_text(text, "utf-8")

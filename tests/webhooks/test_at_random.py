"""A receiver that answers as it likes, for days: nothing is lost, and nothing overtakes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dialpact.application.webhooks import desk
from dialpact.compliance.webhooks.settings import WebhookConfig
from tests.webhooks.ear import Came, Ear
from tests.webhooks.office import office

NUMBERS = [f"+861380013800{last}" for last in range(4)]
ANSWERS = ("200 OK", "200 OK", "204 No Content", "500 Oops", "503 Away", "400 No", "302 Found", "")
FORWARD = (0.5, 6, 400, 2_000, 40_000)  # seconds


@pytest.mark.parametrize("seed", range(6))
async def test_a_receiver_that_answers_as_it_likes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    moods = dict.fromkeys(NUMBERS, "200 OK")
    made: dict[str, list[str]] = {number: [] for number in NUMBERS}
    seen: set[str] = set()
    arrived: dict[str, list[str]] = {number: [] for number in NUMBERS}

    async def as_it_likes(came: Came) -> str:
        for call in came.data["decisions"]:
            said = moods[call["number"]]
            if not said.startswith("2"):
                return said
        if came.id not in seen:  # who is cut off with something under way sends that once more
            seen.add(came.id)
            for call in came.data["decisions"]:
                arrived[call["number"]].append(call["decision"])
        return said

    async with Ear().listening() as ear:
        ear.answer = as_it_likes
        hook = WebhookConfig(url=ear.url, events=("decision.blocked",), numbers=True)
        async with office(tmp_path, crm=hook) as here:
            receiver = here.receiver()
            for _ in range(60):
                number = chance.choice(NUMBERS)
                match chance.choice(("block", "block", "mood", "forward", "turn", "turn", "restart")):
                    case "block":
                        made[number].append((await here.block(number)).id)
                    case "mood":
                        moods[number] = chance.choice(ANSWERS)
                    case "forward":
                        here.clock.forward(seconds=chance.choice(FORWARD))
                    case "turn":
                        await receiver.turn()
                    case "restart":
                        receiver = here.receiver()
            moods.update(dict.fromkeys(NUMBERS, "200 OK"))
            for _ in range(60):
                here.clock.forward(hours=25)
                await here.rounds(receiver)
                if not (await here.state()).waiting:
                    break
            dead = (await desk.listed(here.context, state="dead")).rows
            assert (await here.state()).waiting == 0 and dead == []
    assert arrived == made

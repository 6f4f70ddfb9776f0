"""What a scene of the alerts is made of: a state of a Dialpact, and what may be changed in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from dialpact.application.health import Look
from dialpact.compliance.config import WitnessConfig
from dialpact.compliance.webhooks.delivery import HookState
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.compliance.witness import WitnessState
from tests.deploy.monitored import House, Scraped

LONG = 40.0  # minutes: longer than what most alerts wait
Targets = list[list[Scraped]]
Making = Callable[[House], Awaitable[Targets]]
SCENES: dict[str, tuple[Making, set[str], dict[str, Any]]] = {}
WITNESS = WitnessConfig(url="https://witness.example", vkey="witness.example/w1+00000000+x")
HOOKS = {"crm": WebhookConfig(url="https://crm.example/")}


def scene(*firing: str, **settings: Any) -> Callable[[Making], Making]:
    """A state of the house, and the alerts that fire in it, all of them."""

    def told(making: Making) -> Making:
        SCENES[making.__name__] = making, set(firing), settings
        return making

    return told


async def turned(house: House, minutes: float = LONG, look: Look | None = None) -> Targets:
    """The same all the time."""
    return [[Scraped(minutes, await house.page(look=look))]]


async def risen(house: House, change: Callable[[], Any]) -> Targets:
    """Well for half an hour, then what ``change`` does; looked at before five minutes are over."""
    before = await house.page()
    done = change()
    if done is not None:
        await done
    return [[Scraped(30, before), Scraped(3, await house.page())]]


def bump(house: House, meter: str, by: int = 1) -> None:
    setattr(house.meters, meter, getattr(house.meters, meter) + by)


async def happened(house: House, kind: str) -> None:
    detail = "13800138000 by PJSIP/1001"
    at, node = house.clock.now(), house.config.node.name
    await house.store.incidents.add(at=at, node=node, kind=kind, decision="", channel="", detail=detail)
    await house.sign()


async def move(house: House, at: str) -> None:
    """The clock, with what is done as time goes on."""
    house.clock.set(at)
    await house.record()
    await house.sign()


def figures(look: Look, **values: Any) -> Look:
    assert look.figures is not None
    return replace(look, figures=replace(look.figures, **values))


def health(look: Look, **values: Any) -> Look:
    assert look.figures is not None
    return figures(look, health=replace(look.figures.health, **values))


def replaced(look: Look, check: str, item: Any) -> Look:
    return replace(look, standing=(*(one for one in look.standing if one[0] != check), (check, item)))


def witnessed(house: House, **values: Any) -> WitnessState:
    about = {"vkey": WITNESS.vkey, "url": WITNESS.url, "word": "away", "detail": "", "size": 5, "told": False}
    return WitnessState(**about, asked_at=house.clock.now(), **values)  # type: ignore[arg-type]


def told(house: House, **values: Any) -> HookState:
    now = house.clock.now()
    return HookState(name="crm", since=now, next_leaf=7, looked_at=now, **values)

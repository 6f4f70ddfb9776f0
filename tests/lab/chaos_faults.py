"""What goes wrong, by name: each fault strikes, and is mended as a service manager would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.pbx import Pbx
from tests.lab.site import Site


@dataclass(frozen=True)
class Stage:
    """What a fault may touch."""

    pbx: Pbx
    site: Site


@dataclass(frozen=True)
class Fault:
    """``strike`` returns at once; ``mend`` when all is running again."""

    name: str
    strike: Callable[[Stage], None]
    mend: Callable[[Stage], None]


def _kill(role: str) -> Callable[[Stage], None]:
    return lambda stage: stage.site.process(role).kill()


def _restart(role: str) -> Callable[[Stage], None]:
    def restart(stage: Stage) -> None:
        stage.site.stop(role)  # collects what was killed
        stage.site.start(role)

    return restart


KILL_LISTENER = Fault("kill -9 of the listener", _kill("listener"), _restart("listener"))
KILL_GATE = Fault("kill -9 of the gate", _kill("gate"), _restart("gate"))
KILL_ASTERISK = Fault("kill -9 of Asterisk", lambda stage: stage.pbx.kill(), lambda stage: stage.pbx.start())
KILLS = (KILL_LISTENER, KILL_GATE, KILL_ASTERISK)

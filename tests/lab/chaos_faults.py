"""What goes wrong, by name: each fault strikes, and is mended as a service manager would."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.lab.pbx import Pbx
from tests.lab.ports import SIZE, PortBlock
from tests.lab.site import Site


@dataclass(frozen=True)
class Stage:
    """What a fault may touch, and ports that no Asterisk before has used for sound."""

    pbx: Pbx
    site: Site
    spare: PortBlock = field(default_factory=PortBlock)
    ranges: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(2, SIZE - 98, 99)))


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


def _start_asterisk(stage: Stage) -> None:
    """Peers of the killed one go on sending for seconds: on a port of a new call that would be heard."""
    first = stage.spare.first + next(stage.ranges)
    first += first % 2
    conf = stage.pbx.home / "etc/rtp.conf"
    text = re.sub(r"rtpstart = \d+", f"rtpstart = {first}", conf.read_text())
    conf.write_text(re.sub(r"rtpend = \d+", f"rtpend = {first + 97}", text))
    stage.pbx.start()


KILL_LISTENER = Fault("kill -9 of the listener", _kill("listener"), _restart("listener"))
KILL_GATE = Fault("kill -9 of the gate", _kill("gate"), _restart("gate"))
KILL_ASTERISK = Fault("kill -9 of Asterisk", lambda stage: stage.pbx.kill(), _start_asterisk)
KILLS = (KILL_LISTENER, KILL_GATE, KILL_ASTERISK)

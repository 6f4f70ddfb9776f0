"""What an earlier try of the same request has done, that was cut off before it could say so: it is not done
again, and is answered by its acts in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialpact.compliance.registers.change import Made


def made_of(
    made: Sequence[Made],
    register: str,
    keys: Sequence[str],
    fits: Callable[[int, Made], bool] = lambda place, act: True,
) -> list[Made | None]:
    """Of each key, in their order, the act that was made for it: each act is of one of them. None: it was
    there already. ``fits``: whether an act is of the one at that place.
    """
    left = [act for act in made if act.register == register]
    found: list[Made | None] = []
    for place, key in enumerate(keys):
        mine = next((act for act in left if act.key == key and fits(place, act)), None)
        if mine is not None:
            left.remove(mine)
        found.append(mine)
    return found

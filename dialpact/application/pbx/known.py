"""Every PBX that is known, in the order in which they are looked for. ``plain``: where no other is."""

from __future__ import annotations

from dialpact.application.pbx.adapter import Adapter
from dialpact.application.pbx.plain import Plain

ADAPTERS: tuple[Adapter, ...] = (Plain(),)

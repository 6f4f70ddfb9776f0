"""Every PBX that is known, in the order in which they are looked for. ``plain``: where no other is."""

from __future__ import annotations

from dialpact.application.pbx.adapter import Adapter
from dialpact.application.pbx.freepbx import FreePbx
from dialpact.application.pbx.issabel import Issabel
from dialpact.application.pbx.mikopbx import MIKOPBX
from dialpact.application.pbx.plain import Plain
from dialpact.application.pbx.vicidial import VICIDIAL
from dialpact.application.pbx.wazo import WAZO

ADAPTERS: tuple[Adapter, ...] = (FreePbx(), Issabel(), VICIDIAL, WAZO, MIKOPBX, Plain())

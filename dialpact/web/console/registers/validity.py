"""How something stands that has a first and a last day."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from dialpact.compliance.clock import SYSTEM
from dialpact.web.console.registers.declared import Badge

VALIDITIES = ("valid", "ended", "coming")

"""The registers that have pages, in the order in which they stand on the first one."""

from __future__ import annotations

from functools import cache

from dialpact.compliance.registers.plain import plain_registers
from dialpact.web.console.registers import (
    business,
    caller_id,
    campaign,
    consent,
    dnc,
    leads,
    mapping,
    plain,
    registration,
    script,
    suspension,
)
from dialpact.web.console.registers.declared import Register


@cache
def registers() -> tuple[Register, ...]:
    return (
        dnc.REGISTER,
        consent.REGISTER,
        leads.REGISTER,
        business.REGISTER,
        campaign.REGISTER,
        caller_id.REGISTER,
        script.REGISTER,
        suspension.REGISTER,
        registration.REGISTER,
        mapping.REGISTER,
        *(plain.declared(one) for one in plain_registers()),
    )

"""The registers: each change and its line in ``register_change`` in one transaction.

1. Nothing is overwritten silently. The same entry again is ``already``; another one under the same key is a
   Fault, except where an update is the register's own way (caller IDs) or only tightens (a consent's expiry).
2. No addition or import removes or weakens a refusal, or clears a withdrawal.
3. ``by`` is who did it, ``at`` when; both end in the log with the entry itself.
"""

from compliance.store.sqlite.registers.business import add_business, list_businesses
from compliance.store.sqlite.registers.caller_id import (
    caller_id_fields,
    list_caller_ids,
    put_caller_id,
    remove_caller_id,
)
from compliance.store.sqlite.registers.campaign import add_campaign, list_campaigns
from compliance.store.sqlite.registers.change import ALL, Outcome, digits, history, log, unknown
from compliance.store.sqlite.registers.consent import add_consent, list_consents, withdraw_consent
from compliance.store.sqlite.registers.dnc import add_refusal, list_refusals, remove_refusal

__all__ = [
    "ALL",
    "Outcome",
    "add_business",
    "add_campaign",
    "add_consent",
    "add_refusal",
    "caller_id_fields",
    "digits",
    "history",
    "list_businesses",
    "list_caller_ids",
    "list_campaigns",
    "list_consents",
    "list_refusals",
    "log",
    "put_caller_id",
    "remove_caller_id",
    "remove_refusal",
    "unknown",
    "withdraw_consent",
]

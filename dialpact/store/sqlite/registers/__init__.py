"""The registers: each change and its line in ``register_change`` in one transaction.

1. Nothing is overwritten silently. The same entry again is ``already``; another one under the same key is a
   Fault, except where an update is the register's own way (caller IDs) or only tightens (a consent's expiry).
2. No addition or import removes or weakens a refusal, or clears a withdrawal.
3. ``by`` is who did it, ``at`` when; both end in the log with the entry itself.
"""

from dialpact.store.sqlite.registers.business import add_business, list_businesses
from dialpact.store.sqlite.registers.caller_id import (
    caller_id_fields,
    list_caller_ids,
    put_caller_id,
    remove_caller_id,
)
from dialpact.store.sqlite.registers.campaign import add_campaign, change_campaign, list_campaigns
from dialpact.store.sqlite.registers.change import ALL, digits, log, unknown
from dialpact.store.sqlite.registers.complaint import (
    Filed,
    add_complaint,
    answer_complaint,
    list_complaints,
)
from dialpact.store.sqlite.registers.consent import add_consent, list_consents, withdraw_consent
from dialpact.store.sqlite.registers.dnc import add_refusal, list_refusals, remove_refusal
from dialpact.store.sqlite.registers.profile import note_profiles
from dialpact.store.sqlite.registers.script import (
    ScriptVersion,
    add_script,
    approve_script,
    get_script,
    list_scripts,
    revoke_script,
    script_versions,
)
from dialpact.store.sqlite.registers.suspension import (
    suspend,
)

__all__ = [
    "ALL",
    "Filed",
    "ScriptVersion",
    "add_business",
    "add_campaign",
    "add_complaint",
    "add_consent",
    "add_refusal",
    "add_script",
    "answer_complaint",
    "approve_script",
    "caller_id_fields",
    "change_campaign",
    "digits",
    "get_script",
    "list_businesses",
    "list_caller_ids",
    "list_campaigns",
    "list_complaints",
    "list_consents",
    "list_refusals",
    "list_scripts",
    "log",
    "note_profiles",
    "put_caller_id",
    "remove_caller_id",
    "remove_refusal",
    "revoke_script",
    "script_versions",
    "suspend",
    "unknown",
    "withdraw_consent",
]

"""``[webhooks.NAME]``: who is told what, and where. The file alone names hosts: no other door takes one."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from dialpact.compliance.errors import ConfigError

EventType = Literal[
    "decision.blocked",
    "opt_out.added",
    "recording.failed",
    "incident.created",
    "complaint.due",
    "calendar.ending",
    "digest.daily",
]
Scheme = Literal["v1a", "v1"]
EVENTS: tuple[EventType, ...] = get_args(EventType)
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
LONGEST_URL = 2000


class WebhookConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One receiver. ``business``: it hears of this one's calls alone; empty: of all."""

    url: str
    events: tuple[EventType, ...] = EVENTS
    signing: tuple[Scheme, ...] = SCHEMES
    secret_file: str = ""  # empty: webhook-NAME.secret
    numbers: bool = False  # telephone numbers in full; else masked
    business: str = ""
    ca_file: str = ""  # PEM: who vouches for the receiver's certificate; empty: whom the system trusts
    plain_http: bool = False  # http is permitted beyond loopback and private addresses
    complaint_days: Annotated[int, msgspec.Meta(ge=0, le=15)] = 3  # working days before a complaint is due
    calendar_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 45  # before the calendar's end
    digest_at: Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")] = "08:00"

    def hears(self, event: EventType, business: str) -> bool:
        """``business``: whose event it is; empty: of none, which only who hears of all hears."""
        return event in self.events and self.business in ("", business)


def check(name: str, hook: WebhookConfig) -> None:
    """ConfigError for an address that nothing may be sent to as it is configured, and for what is empty."""
    for setting, given in (("events", hook.events), ("signing", hook.signing)):
        if not given:
            raise ConfigError(f"[webhooks.{name}] {setting} is empty: leave it out, or the whole section")
    text = hook.url
    try:
        url = urlsplit(text)
        port, host = url.port, url.hostname or ""
    except ValueError as error:
        raise ConfigError(f"[webhooks.{name}] url: {error}") from error
    if url.scheme not in ("http", "https") or not host or port == 0:
        raise ConfigError(f"[webhooks.{name}] url: not an http or https address")
    if url.username is not None or url.fragment or not text.isascii() or len(text) > LONGEST_URL:
        raise ConfigError(f"[webhooks.{name}] url: without user and fragment, in ASCII")
    if any(not character.isprintable() or character == " " for character in text):
        raise ConfigError(f"[webhooks.{name}] url: no spaces or control characters")
    if url.scheme == "http" and not hook.plain_http and not is_near(host):
        raise ConfigError(
            f"[webhooks.{name}] url: others could read along: https, or plain_http = true (without it http "
            "goes to loopback and private addresses alone)"
        )


def is_near(host: str) -> bool:
    """Whether it is an address of this host or of a private network. A name may be anything."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    # (is_private counts what is documented and reserved as well: only networks that people have are meant.)
    return (
        address.is_loopback
        or address.is_link_local
        or any(address.version == network.version and address in network for network in _PRIVATE)
    )


_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)

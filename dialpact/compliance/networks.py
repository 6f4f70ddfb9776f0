"""From which network somebody asks. Pure."""

from __future__ import annotations

import ipaddress


def network(address: str) -> str:
    """What one person can have many of counts as one: of IPv6 a /64. An IPv4 address is itself, also as a
    socket for both kinds tells it (``::ffff:192.0.2.1``): else all of them would be one network.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(found if found.version == 4 else ipaddress.ip_network((found, 64), strict=False))

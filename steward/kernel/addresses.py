"""Addresses of the public internet, and all the others, which the server never fetches from."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# IANA's registries of special purposes, and what is reserved beside them. The lists of `ipaddress` change with
# Python's version; these do not.
_PRIVATE_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private use
            "100.64.0.0/10",  # behind a carrier's translation; metadata of one cloud
            "127.0.0.0/8",  # this machine
            "168.63.129.16/32",  # public by its number, but the wire server of another cloud
            "169.254.0.0/16",  # this link; metadata of most clouds
            "172.16.0.0/12",  # private use
            "192.0.0.0/24",  # protocol assignments; metadata of a third cloud
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private use
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/3",  # multicast, reserved, broadcast
        ),
    )
)
# Everything else is no public address: loopback, unspecified, mapped, translated (NAT64), unique local, link local,
# site local, multicast.
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_PRIVATE_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which holds an IPv4 address
            "3ffe::/16",  # 6bone, given back
            "3fff::/20",  # documentation
        ),
    )
)


def read_networks(given: str) -> tuple[Network, ...]:
    """Networks from a setting, with commas between them."""
    return tuple(ip_network(one.strip()) for one in given.split(",") if one.strip())


def may_be_fetched(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether the address is one of the public internet, or of a network that is allowed all the same."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if any(address in network for network in allowed):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _PRIVATE_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _PRIVATE_V6)

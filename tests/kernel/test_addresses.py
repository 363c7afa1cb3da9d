from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.kernel.addresses import may_be_fetched, read_networks


@given(st.ip_addresses())
def test_what_python_knows_to_be_private_is_never_fetched(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not may_be_fetched(address)


@given(st.ip_addresses(v=4))
def test_no_form_of_an_ipv4_address_in_ipv6_is_fetched(address: IPv4Address) -> None:
    number = int(address)
    forms = (
        (0xFFFF << 32) | number,
        number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),
    )
    assert not any(may_be_fetched(IPv6Address(form)) for form in forms)


@pytest.mark.parametrize(
    ("given_networks", "address", "expected"),
    [
        ("", "10.1.2.3", False),
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.0.1", False),
        ("10.1.0.0/16, 127.0.0.1", "127.0.0.1", True),
        ("10.1.0.0/16, 127.0.0.1", "127.0.0.2", False),
        (" fd00::/8 ,", "fd12::1", True),
        ("10.1.0.0/16", "::ffff:10.1.2.3", False),
        ("fe80::/10", "fe80::1%2", False),
    ],
)
def test_networks_are_allowed_by_name(given_networks: str, address: str, expected: bool) -> None:
    assert may_be_fetched(ip_address(address), read_networks(given_networks)) is expected

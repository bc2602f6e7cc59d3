"""Pure. Which network addresses a feed may be read from (RELIABILITY 5.1)."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: RFC 4291 §2.4: all that is routed as unicast today.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: RFC 6890 §2.2.2: protocol assignments. Not all Pythons call all of it private.
_ASSIGNMENTS = IPv4Network("192.0.0.0/24")
#: RFC 6052 §2.1: the last 32 bits are an IPv4 address.
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether it belongs to the open internet, as opposed to this machine or its neighbours.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) is judged too.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return _is_public_v4(ip)
    embedded = _embedded(ip)
    if embedded:
        return all(_is_public_v4(each) for each in embedded)
    return ip in _GLOBAL_UNICAST and ip.is_global and not ip.is_multicast


def _is_public_v4(ip: IPv4Address) -> bool:
    return ip.is_global and not ip.is_multicast and ip not in _ASSIGNMENTS


def _embedded(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    if ip.teredo is not None:
        return ip.teredo
    if ip in _NAT64:
        return (IPv4Address(int(ip) & 0xFFFF_FFFF),)
    return ()

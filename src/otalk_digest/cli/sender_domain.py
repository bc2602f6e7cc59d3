"""What the sender's domain says of itself in DNS: SPF, DMARC and DKIM (RFC 7208, 7489, 6376)."""

from collections.abc import Iterator

import dns.exception
import dns.resolver

_LOOKUP_S = 5.0


def sender_problems(domain: str) -> Iterator[str]:
    """Yield what mailbox providers will hold against mail from this domain."""
    try:
        spf = [text for text in _texts(domain) if text.lower().startswith("v=spf1")]
        dmarc = [text for text in _texts(f"_dmarc.{domain}") if text.lower().startswith("v=dmarc1")]
    except dns.exception.DNSException:
        yield f"The DNS records of {domain} could not be looked up; try again later."
        return
    if not spf:
        yield (
            f"{domain} has no SPF record (a TXT record that begins with v=spf1). Your mail "
            "provider says what it must be."
        )
    if not dmarc:
        yield (
            f"_dmarc.{domain} has no DMARC record. Begin with the TXT record: "
            f'"v=DMARC1; p=none; rua=mailto:postmaster@{domain}".'
        )


def signer_problems(domain: str, selector: str, wanted: str) -> Iterator[str]:
    """Yield why receivers cannot check our DKIM signatures (RFC 6376 §3.6)."""
    name = f"{selector}._domainkey.{domain}"
    try:
        records = list(_texts(name))
    except dns.exception.DNSException:
        yield f"The DNS record of {name} could not be looked up; try again later."
        return
    # Names and spaces are written as each provider likes; the key is the key.
    key = wanted.rpartition("p=")[2]
    if not any(key in record.replace(" ", "") for record in records):
        yield f'{name} does not hold our DKIM key. Let this be its TXT record: "{wanted}".'


def _texts(name: str) -> Iterator[str]:
    try:
        answers = dns.resolver.resolve(name, "TXT", lifetime=_LOOKUP_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return
    for answer in answers:
        yield b"".join(answer.strings).decode("ascii", errors="replace")

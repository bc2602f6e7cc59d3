"""Hold a message against every rule. Pure."""

from typing import Final

from otalk_digest.check import (
    calendar,
    chats,
    clients,
    elements,
    footer,
    headers,
    images,
    links,
    mime,
    residue,
    structure,
    style,
    subject,
    tables,
    text,
)
from otalk_digest.check.mail import Expected, read_mail
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Finding, Level

#: Each module of rules has one table; this joins them.
_MODULES: Final = (
    mime,
    headers,
    subject,
    text,
    links,
    images,
    elements,
    structure,
    tables,
    style,
    clients,
    residue,
    footer,
    chats,
    calendar,
)
RULES: Final[tuple[Rule, ...]] = tuple(rule for module in _MODULES for rule in module.RULES)


def check_message(raw: bytes, expected: Expected) -> tuple[Finding, ...]:
    """Return what the final bytes of a message break, musts first."""
    mail = read_mail(raw, expected)
    findings = [
        Finding(
            rule=rule.name,
            level=rule.weigh(expected),
            place=place,
            why=rule.why,
            mend=rule.mend,
        )
        for rule in RULES
        for place in rule.find(mail)
    ]
    return tuple(sorted(findings, key=lambda finding: finding.level is not Level.MUST))

"""The table of docs/check.md against the rules as they are."""

import re
from pathlib import Path

from otalk_digest.check.message import RULES

DOCS = Path(__file__).parents[3] / "docs" / "check.md"


def test_the_table_has_every_rule_with_its_level() -> None:
    rows = re.findall(r"(?m)^\| `([a-z0-9-]+)` \| ([a-z, ]+) \|", DOCS.read_text(encoding="utf-8"))

    assert len(rows) == len(dict(rows))
    assert dict(rows) == {
        rule.name: f"{rule.level}, web" if rule.needs_web else str(rule.level) for rule in RULES
    }

"""Precision and recall of every field over the corpus of invented posts in tests/data/posts.

Run with: python benchmarks/extraction_quality.py
"""

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.post_corpus import FIELDS, all_cases, read_case  # noqa: E402 - found by the line above


def main() -> None:
    """Count, for each field, what was read and right, read and wrong, and missed."""
    counts: Counter[tuple[str, str]] = Counter()
    cases = all_cases()
    for case in cases:
        read = read_case(case)
        for name in FIELDS:
            value, expected = read[name], case.expected[name]
            is_right = value == expected
            counts[name, "read"] += bool(value)
            counts[name, "expected"] += bool(expected)
            counts[name, "right"] += bool(value) and is_right
    print(f"{len(cases)} posts")
    print(f"{'field':<24}{'expected':>9}{'read':>6}{'right':>7}{'precision':>11}{'recall':>8}")
    for name in FIELDS:
        right = counts[name, "right"]
        read_count, expected_count = counts[name, "read"], counts[name, "expected"]
        precision = _share(right, read_count)
        recall = _share(right, expected_count)
        print(f"{name:<24}{expected_count:>9}{read_count:>6}{right:>7}{precision:>11}{recall:>8}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


if __name__ == "__main__":
    main()

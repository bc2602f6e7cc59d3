"""Every post of the corpus is read as its case says: all fields, and nothing besides."""

import pytest
from tests.post_corpus import FIELDS, Case, all_cases, read_case


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: f"{case.group}: {case.shows}")
def test_a_post_is_read_as_its_case_says(case: Case) -> None:
    read = read_case(case)

    differing = {
        name: (read[name], case.expected[name])
        for name in FIELDS
        if read[name] != case.expected[name]
    }

    assert differing == {}

from itertools import count

import pytest

from otalk_digest.digest.note import Block, Run, read_note

HOSTILE = """
<script>alert(1)</script> <b onclick="x">bold</b>

<iframe src="https://evil.example/"></iframe>

[go](javascript:alert(1)) [data](data:text/html,x) [old](http://old.example/) ![a cat](https://pic.example/c.png)

{{ 7*7 }} <%tag%> \u202e
"""


def read(markdown: str) -> tuple[Block, ...]:
    return read_note(markdown, name_link=lambda words: words)


def said(blocks: tuple[Block, ...]) -> str:
    return " ".join(
        "".join(run.text for run in block.runs) or " ".join(said(item) for item in block.items)
        for block in blocks
    )


@pytest.mark.parametrize(
    ("markdown", "runs"),
    [
        ("Plain words", [Run(text="Plain words")]),
        ("**now** or", [Run(text="now", is_strong=True), Run(text=" or")]),
        ("*now*", [Run(text="now", is_emphasis=True)]),
        ("***now***", [Run(text="now", is_strong=True, is_emphasis=True)]),
        ("one\ntwo", [Run(text="one"), Run(text=" "), Run(text="two")]),
        ("one\\\ntwo", [Run(text="one"), Run(text="\n"), Run(text="two")]),
        ("# A heading", [Run(text="A heading", is_strong=True)]),
        ("A heading\n===", [Run(text="A heading", is_strong=True)]),
        ("> quoted", [Run(text="quoted")]),
        ("    code\n    more", [Run(text="code"), Run(text="\n"), Run(text="more")]),
        ("`code`", [Run(text="code")]),
        ("![a cat](https://pic.example/c.png)", [Run(text="a cat")]),
        ("<b>bold</b>", [Run(text="bold")]),
        ("<div>\nwords</div>", [Run(text=" "), Run(text="words")]),
        ("&copy; &amp;", [Run(text="© &")]),
        ("[the form](https://a.example/f)", [Run(text="the form", url="https://a.example/f")]),
        ("[**the** *form*](https://a.example)", [Run(text="the form", url="https://a.example")]),
        ("[us](mailto:us@a.example)", [Run(text="us", url="mailto:us@a.example")]),
        ("<us@a.example>", [Run(text="us@a.example", url="mailto:us@a.example")]),
        ("<https://a.example/f>", [Run(text="a.example", url="https://a.example/f")]),
        ("[](https://www.a.example/f)", [Run(text="a.example", url="https://www.a.example/f")]),
        (
            "(see https://www.a.example/f?x=1).",
            [
                Run(text="(see "),
                Run(text="a.example", url="https://www.a.example/f?x=1"),
                Run(text=")."),
            ],
        ),
        ("[form](http://a.example/f)", [Run(text="form")]),
        ("http://a.example/f", [Run(text="a.example")]),
        ("[form](/f)", [Run(text="form")]),
        ("[form](mailto:)", [Run(text="form")]),
        ("https://[broken", [Run(text="https://[broken")]),
    ],
)
def test_a_paragraph_is_runs_of_words(markdown: str, runs: list[Run]) -> None:
    (paragraph,) = read(markdown)

    assert paragraph == Block(kind="paragraph", runs=tuple(runs))


@pytest.mark.parametrize(
    "markdown", ["", " \n", "---", "<br>", "<!-- aside -->", "![](https://a.example/x)"]
)
def test_what_has_no_words_is_nothing(markdown: str) -> None:
    assert read(markdown) == ()


def test_lists_hold_blocks_and_keep_their_numbers() -> None:
    bullets, steps = read("- one\n- two\n  - deeper\n\n7. seven\n8. eight\n")

    assert [said(item) for item in bullets.items] == ["one", "two deeper"]
    assert [block.kind for block in bullets.items[1]] == ["paragraph", "bullets"]
    assert (steps.kind, steps.start, len(steps.items)) == ("steps", 7, 2)


def test_nothing_of_a_hostile_note_is_more_than_words() -> None:
    blocks = read(HOSTILE)

    assert not any(block.links for block in blocks)
    assert said(blocks) == (
        "alert(1) bold [go](javascript:alert(1)) [data](data:text/html,x) old a cat"
        " {{ 7*7 }} <%tag%>"
    )


def test_links_are_found_in_order_at_every_depth() -> None:
    (bullets,) = read(
        "- [a](https://a.example)\n  1. [b](https://b.example)\n- [c](https://c.example)"
    )

    assert [run.text for run in bullets.links] == ["a", "b", "c"]


def test_every_link_is_given_a_name_of_its_own() -> None:
    numbers = count(1)

    blocks = read_note(
        "[here](https://a.example) [here](https://b.example)",
        name_link=lambda words: f"{words} {next(numbers)}",
    )

    assert [run.text for run in blocks[0].links] == ["here 1", "here 2"]


def test_emphasis_of_any_depth_is_read() -> None:
    inner = "**" * 3000

    assert said(read(f"{inner}words{inner}")) == "words"


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_what_is_nested_beyond_reason_stops_nothing(mark: str) -> None:
    assert said(read(f"before\n\n{mark * 500}deep")).strip() == "before"

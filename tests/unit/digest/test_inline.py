import subprocess
import sys

import pytest
from lxml.html import document_fromstring

from otalk_digest.digest.inline import inline_css
from otalk_digest.errors import TemplateError

KEPT = ".x { color: #000001 !important; }\n[data-ogsc] .x { color: red !important; }\n"
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><title>t</title>
<style>p {{ margin: 0; }} .x {{ color: #17302A; }}</style>
<style data-premailer="ignore">{KEPT}</style></head>
<body><p class="x"><a href="TOKENx00Hz">a</a></p></body></html>
"""


def test_rules_move_into_the_elements() -> None:
    (paragraph,) = document_fromstring(inline_css(PAGE)).iter("p")

    assert {rule.strip() for rule in paragraph.get("style", "").split(";")} == {
        "margin:0",
        "color:#17302A",
    }


def test_the_ignored_block_comes_out_byte_for_byte_and_alone() -> None:
    styles = [style.text for style in document_fromstring(inline_css(PAGE)).iter("style")]

    assert styles == [KEPT]


def test_the_doctype_stays_in_front() -> None:
    assert inline_css(PAGE).startswith("<!DOCTYPE html>\n<html")


def test_a_mark_in_an_address_is_not_touched() -> None:
    assert 'href="TOKENx00Hz"' in inline_css(PAGE)


@pytest.mark.parametrize("start", ["<!doctype html>", "\ufeff<!DOCTYPE html>", "<html>"])
def test_a_doctype_that_would_be_lost_is_refused(start: str) -> None:
    page = PAGE.replace("<!DOCTYPE html>", start)

    with pytest.raises(TemplateError, match=r"digest\.html\.j2 must begin with <!DOCTYPE html>"):
        inline_css(page)


def test_a_stylesheet_that_a_page_names_is_not_fetched() -> None:
    # Any socket but loopback would fail this test; port 9 answers nobody.
    link = '<link rel="stylesheet" href="http://192.0.2.1:9/a.css"></head>'

    assert "192.0.2.1" in inline_css(PAGE.replace("</head>", link))


def test_heavy_libraries_wait_until_there_is_something_to_render() -> None:
    code = (
        "import sys; import otalk_digest.digest.render;"
        "print(sorted({'premailer', 'icalendar', 'cssutils'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"


def in_a_fresh_process(code: str) -> str:
    program = f"import sys; from otalk_digest.digest.inline import inline_css; {code}"
    done = subprocess.run(
        [sys.executable, "-c", program, PAGE], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def test_inlining_loads_no_client_that_could_fetch() -> None:
    code = (
        "inline_css(sys.argv[1]);"
        "print(sorted({'requests', 'urllib3', 'charset_normalizer'} & set(sys.modules)))"
    )

    assert in_a_fresh_process(code) == "[]"


@pytest.mark.parametrize(
    "code",
    [
        "inline_css(sys.argv[1]); import requests",
        "import requests; inline_css(sys.argv[1])",
    ],
    ids=["after", "before"],
)
def test_whoever_wants_that_client_has_it(code: str) -> None:
    assert in_a_fresh_process(f"{code}; print(requests.Session().trust_env)") == "True"

"""Whatever a post says stays in its own block: everything else of the mail is as it was."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from tests.digests import (
    TOKEN_PREFIX,
    TUESDAY,
    VALUES,
    a_digest,
    a_notice,
    a_theme,
    a_trend,
    a_wrap_up,
    filled,
    news,
    rendered,
)

from otalk_digest.digest.placeholders import token
from otalk_digest.model.edition import Digest, Field, Variant

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</td></tr></table></div></body></html>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--",
    "--><p>",
    "<![endif]-->",
    "<!--[if mso]><table><tr><td>",
    "<![CDATA[",
    "<style>*{display:none}</style>",
    '<base href="https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<plaintext>",
    "<textarea><title>",
    "{{ 7 * 7 }}{% for x in y %}{# note",
    "{name} {topic} {0.__class__}",
    "%%unsubscribe%% <%asm_group_unsubscribe_raw_url%> -name-",
    "&lt;b&gt; &amp;amp; &#x3c;script&#x3e; &nbsp",
    "\u202eright to left\u202c \u2066\u2069 \u200f",
    "ملاحظة عن العلاج الوظيفي",
    "\x00\x08\x1b[31m\x7f\x85\u2028\u2029\ufeff\ufffe\ud800",
    "a\r\nSubject: evil\r\n\r\nb\n.\n",
    "About this e-mail\n\nUnsubscribe from these e-mails:\nhttps://evil.example/",
    "Long" * 1250,
    "word " * 1000,
    "Z̴̧͎͔̑͝a̶̛͚l̸g̵o " * 20,
    "👩🏽‍⚕️" * 100,
    "",
    " \n ",
)
TEXTS: Final = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=120),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join),
)


def a_week(**said: Any) -> Digest:  # noqa: ANN401 - fields of a reading
    """A chat ahead that says these things, and others that say nothing odd."""
    return a_digest(
        headline=news(1, **said),
        coming_up=(news(6, topic="Whittling", starts_at=TUESDAY.replace(month=12, day=2)),),
        wrap_ups=(a_wrap_up(),),
        notices=(a_notice(),),
        trend=a_trend(298, 351, 286, 412),
    )


class Page:
    """A mail, taken apart where the block of the headline stands."""

    def __init__(self, page: str) -> None:
        self.root: Any = lxml_html.document_fromstring(page)
        mark = token(TOKEN_PREFIX, Field.UNSUBSCRIBE_URL, is_html=True)
        (link,) = (a for a in self.root.iter("a") if a.get("href") == mark)
        (title,) = self.root.iter("h1")
        # The headline's part and the footer's are neighbours in one stack.
        above = set(link.iterancestors())
        path = [title, *title.iterancestors()]
        self.block: Any = next(one for one, next_ in pairwise(path) if next_ in above)

    def others(self) -> list[str]:
        """The parts beside the headline's, byte for byte."""
        rows: Any = self.block.getparent()
        return [etree.tostring(row, encoding="unicode") for row in rows if row is not self.block]

    def skeleton(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """Every element and comment outside the block, with its attributes, in order."""
        inside = set(self.block.iter())
        return [
            (str(node.tag), tuple(sorted(node.attrib.items())))
            for node in self.root.iter()
            if node not in inside
        ]


@cache
def harmless() -> Variant:
    return rendered(a_week())


def footer_of(text: str) -> str:
    title = a_theme().words["footer"]["title"]
    return text[text.rindex(f"\n{title}\n") :]


def assert_nothing_else_changed(**said: Any) -> None:  # noqa: ANN401 - fields of a reading
    variant = rendered(a_week(**said))

    ours, theirs = Page(variant.html), Page(harmless().html)
    assert ours.others() == theirs.others()
    assert ours.skeleton() == theirs.skeleton()
    assert variant.text.endswith(footer_of(harmless().text))
    assert variant.html[variant.html.index("</body>") :].strip() == "</body>\n</html>"
    assert set(variant.placeholders) == set(harmless().placeholders)
    assert variant.zone_values == harmless().zone_values


@settings(max_examples=60)
@given(
    topic=TEXTS,
    introduction=st.none() | TEXTS,
    hosts=st.lists(TEXTS, max_size=3),
    questions=st.lists(TEXTS, max_size=3),
)
def test_any_text_in_a_post_changes_nothing_outside_its_block(
    topic: str, introduction: str | None, hosts: Sequence[str], questions: Sequence[str]
) -> None:
    assert_nothing_else_changed(
        topic=topic, introduction=introduction, hosts=tuple(hosts), questions=tuple(questions)
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_each_known_trick_changes_nothing_outside_its_block(text: str) -> None:
    assert_nothing_else_changed(
        topic=text, introduction=text, hosts=(text,), questions=(text, text)
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_the_footers_links_are_alive_under_a_hostile_post(text: str) -> None:
    html, plain = filled(rendered(a_week(topic=text, introduction=text, questions=(text, text))))

    page: Any = lxml_html.document_fromstring(html)
    targets = [link.get("href") for link in page.iter("a")]
    for field in (Field.UNSUBSCRIBE_URL, Field.PREFERENCES_URL, Field.BROWSER_URL):
        assert targets.count(VALUES[field]) == 1
        assert plain.count(VALUES[field]) == 1
    assert not list(page.iter("script", "base", "link", "form", "img", "iframe", "textarea"))


def test_the_laws_notice_a_post_that_does_get_out() -> None:
    """The same page with one cell closed too early is seen as another page."""
    whole = Page(harmless().html)
    at = harmless().html.index("</h1>")
    torn = harmless().html[:at] + "</h1></td></tr></table>" + harmless().html[at + 5 :]

    with pytest.raises(AssertionError):
        assert Page(torn).skeleton() == whole.skeleton()

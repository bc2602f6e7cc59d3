from pathlib import Path

import pytest
from tests.digests import THEMES, a_digest, news, rendered

from otalk_digest.digest.themes import FILES, Theme, load_theme
from otalk_digest.errors import TemplateError


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> Path:
    """A maintainer's folder of themes, with an empty `classic` in it."""
    (tmp_path / "classic").mkdir()
    return tmp_path


def a_theme_with(own: Path, file: str, content: str) -> Theme:
    path = own / "classic" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return load_theme("classic", folders=[own, THEMES])


def test_a_file_of_ones_own_stands_in_for_the_bundled_one(own: Path) -> None:
    theme = a_theme_with(own, "subject.txt.j2", "Mine: {{ first.topic }}")

    variant = rendered(a_digest(headline=news(topic="Rest")), theme=theme)

    assert variant.subject == "Mine: Rest"
    assert variant.html == rendered(a_digest(headline=news(topic="Rest"))).html.replace(
        "<title>Rest (Tue 25 Nov)", "<title>Mine: Rest"
    )


def test_a_part_of_ones_own_stands_in_for_the_bundled_one(own: Path) -> None:
    theme = a_theme_with(own, "parts/footer.html.j2", "<tr><td>My footer</td></tr>")

    assert "My footer" in rendered(a_digest(headline=news()), theme=theme).html


def test_an_unknown_theme_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=f"no theme 'modern' in {tmp_path}"):
        load_theme("modern", folders=[tmp_path])


@pytest.mark.parametrize("file", FILES)
def test_a_theme_that_lacks_a_file_says_which(file: str, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    for other in set(FILES) - {file}:
        (tmp_path / "bare" / other).write_text("", encoding="utf-8")

    with pytest.raises(TemplateError, match=f"theme bare lacks {file}"):
        load_theme("bare", folders=[tmp_path, THEMES])


@pytest.mark.parametrize(
    ("file", "content", "place"),
    [
        ("digest.txt.j2", "one\n{% if %}\n", "digest.txt.j2, line 2"),
        ("digest.txt.j2", "one\ntwo\n{{ nobody }}\n", "digest.txt.j2, line 3"),
        ("digest.txt.j2", "{{ first.nothing }}", "digest.txt.j2, line 1"),
        ("digest.txt.j2", "\n{{ words.chat.unknown }}", "digest.txt.j2, line 2"),
        ("digest.txt.j2", "\n\n{{ first.when.place + 'a' }}", "digest.txt.j2, line 3"),
        ("digest.txt.j2", "{{ first.reading.transcript_url }}", "digest.txt.j2, line 1"),
        ("digest.txt.j2", "{{ first.topic | nosuchfilter }}", "digest.txt.j2, line 1"),
        ("digest.txt.j2", "{% for n in range(9) %}{% endfor %}", "digest.txt.j2, line 1"),
        ("digest.txt.j2", "{% include 'digest.txt.j2' %}", "digest.txt.j2, line 1"),
        ("digest.txt.j2", "{% include 'parts/none.txt.j2' %}", "digest.txt.j2, line 1"),
        ("parts/footer.html.j2", "a\n{{ nobody }}", "footer.html.j2, line 2"),
        ("parts/footer.html.j2", "a\n{% endfor %}", "footer.html.j2, line 2"),
        ("subject.txt.j2", "{{ 1 / 0 }}", "subject.txt.j2, line 1"),
        ("subject.txt.j2", " ", "subject.txt.j2 comes out empty"),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    file: str, content: str, place: str, own: Path
) -> None:
    theme = a_theme_with(own, file, content)

    with pytest.raises(TemplateError) as caught:
        rendered(a_digest(headline=news()), theme=theme)

    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[time\n", "is not TOML"),
        ("", r"lacks 'time' of the table \[time\]"),
    ],
)
def test_broken_words_are_named(content: str, message: str, own: Path) -> None:
    with pytest.raises(TemplateError, match=message):
        rendered(a_digest(headline=news()), theme=a_theme_with(own, "theme.toml", content))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('named = "Hello {name},"', ""),
        ('named = "Hello {name},"', 'named = "Hello {person},"'),
        ('named = "Hello {name},"', 'named = "Hello {name,"'),
    ],
)
def test_a_word_that_is_missing_or_cannot_be_filled_is_named(old: str, new: str, own: Path) -> None:
    words = (THEMES / "classic" / "theme.toml").read_text(encoding="utf-8").replace(old, new, 1)

    with pytest.raises(TemplateError, match=r"theme\.toml needs a text named in \[greeting\]"):
        rendered(a_digest(headline=news()), theme=a_theme_with(own, "theme.toml", words))


def test_html_is_escaped_and_text_is_not(own: Path) -> None:
    a_theme_with(own, "digest.txt.j2", "{{ first.topic }}")
    html = "<!DOCTYPE html>\n<html><head></head><body><p>{{ first.topic }}</p></body></html>"

    variant = rendered(
        a_digest(headline=news(topic="R & <b>R</b>")),
        theme=a_theme_with(own, "digest.html.j2", html),
    )

    assert "<p>R &amp; &lt;b&gt;R&lt;/b&gt;</p>" in variant.html
    assert variant.text == "R & <b>R</b>\n"


def test_rules_are_never_read_as_a_template(own: Path) -> None:
    css = "@media (max-width:1px){#x{color:red !important}} {{ nobody }}"

    assert (
        css in rendered(a_digest(headline=news()), theme=a_theme_with(own, "client.css", css)).html
    )

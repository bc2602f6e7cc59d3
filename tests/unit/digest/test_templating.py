"""What a template may do, and where it ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from tests.digests import THEMES, TUESDAY, a_digest, a_theme, a_wrap_up, news, rendered

from otalk_digest.digest.templating import OUTPUT_MOST, STEPS_MOST, metered
from otalk_digest.digest.themes import Theme, load_theme
from otalk_digest.errors import TemplateError

#: 144 steps a pair of loops.
PAIR: Final = "{% for _ in words.time.months %}{% for _ in words.time.months %}"
END: Final = "{% endfor %}"


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> Path:
    (tmp_path / "classic").mkdir()
    return tmp_path


def a_theme_with(own: Path, content: str, file: str = "digest.txt.j2") -> Theme:
    (own / "classic" / file).write_text(content, encoding="utf-8")
    return load_theme("classic", folders=[own, THEMES])


def said_by(theme: Theme) -> str:
    return rendered(a_digest(headline=news()), theme=theme).text


def complaint_of(own: Path, content: str) -> str:
    theme = a_theme_with(own, content)
    with pytest.raises(TemplateError) as caught:
        said_by(theme)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a\n" + PAIR * 4 + END * 8, 2),
        ("a\n" + "{% for _ in words.time.months %}\n" * 8 + "{{ _ }}" + END * 8, 9),
        ("\n\n{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}", 3),
        ("{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}", 1),
        ("a\nb\n{% include 'digest.txt.j2' %}", 3),
        ("\n{% import 'digest.txt.j2' as me with context %}", 2),
    ],
)
def test_what_would_never_end_is_named_with_its_line(own: Path, content: str, line: int) -> None:
    assert f"digest.txt.j2, line {line}: " in complaint_of(own, content)


def test_macros_that_call_each_other_twice_end_soon(own: Path) -> None:
    macros = [
        f"{{% macro m{n}() %}}{{{{ m{n + 1}() }}}}{{{{ m{n + 1}() }}}}{{% endmacro %}}\n"
        for n in range(25)
    ]
    content = "".join([*macros, "{% macro m25() %}{% endmacro %}", "{{ m0() }}"])

    assert f"more than {STEPS_MOST:,} steps" in complaint_of(own, content)


@pytest.mark.parametrize(
    "content",
    [
        # In the page itself, in a macro, and in a part.
        "{% for _ in words.time.months %}{{ big }}{% endfor %}",
        "{% macro m() %}{% for _ in words.time.months %}{{ big }}{% endfor %}{% endmacro %}{{m()}}",
        "{% for _ in words.time.months %}{% include 'big.txt.j2' %}{% endfor %}",
    ],
)
def test_more_than_a_mail_can_hold_is_named_with_its_line(own: Path, content: str) -> None:
    quarter = "x" * (OUTPUT_MOST // 4)
    (own / "classic" / "big.txt.j2").write_text(quarter, encoding="utf-8")
    head = f"{{% set big = '{quarter}' %}}\n"

    said = complaint_of(own, head + content)

    assert "digest.txt.j2, line 2: " in said
    assert f"more than {OUTPUT_MOST:,} characters come out" in said
    assert len(said) < 500


def test_a_crowded_digest_is_far_from_every_bound(own: Path) -> None:
    forty: dict[str, Any] = {
        "questions": ("What would you do?",) * 40,
        "introduction": "One line.\n" * 40,
        "hosts": tuple(f"@host_{n}" for n in range(40)),
        "cpd": ("Reflect.",) * 40,
    }
    ahead = tuple(news(n, starts_at=TUESDAY + n * timedelta(days=1), **forty) for n in range(100))
    wrap_ups = tuple(a_wrap_up(500 + n, **forty) for n in range(100))
    digest = a_digest(headline=ahead[0], coming_up=ahead[1:], wrap_ups=wrap_ups)
    parts = "{% include 'parts/coming_up.txt.j2' %}{% include 'parts/wrap_ups.txt.j2' %}" * 4
    imports = "{% import 'parts/blocks.txt.j2' as b with context %}"

    # Four times over in one file, nothing trips.
    text = rendered(digest, theme=a_theme_with(own, imports + parts)).text

    assert text.count("\nComing up\n") + text.startswith("Coming up\n") == 4


@pytest.mark.parametrize(
    "content",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ ['__class__'] | map(attribute='__class__') | join }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ words.update({}) }}",
        "{{ words.time.months.append('x') }}",
        "{{ publication.__init__ }}",
        "{{ b.joining.__globals__ }}",
    ],
)
def test_pythons_insides_are_out_of_reach(own: Path, content: str) -> None:
    import_line = "{% import 'parts/blocks.txt.j2' as b with context %}\n"

    assert "digest.txt.j2, line 2: " in complaint_of(own, import_line + content)


@pytest.mark.parametrize(
    "content", ["{{ 9 ** 9 }}", "{{ 'x' * 1000000000 }}", "{{ [0] * 1000000000 }}"]
)
def test_a_product_is_of_numbers(own: Path, content: str) -> None:
    assert "is for numbers that are multiplied" in complaint_of(own, content)


def test_numbers_are_multiplied(own: Path) -> None:
    assert said_by(a_theme_with(own, "{{ 6 * 7 }} {{ 1.5 * 2 }}")) == "42 3.0\n"


def test_each_file_of_a_theme_has_all_its_steps(own: Path) -> None:
    # Twelve to the power of four, ten times over, is more than one rendering may take.
    content = PAIR * 2 + END * 4
    theme = a_theme_with(own, f"{content}done")

    assert [said_by(theme) for _ in range(10)] == ["done\n"] * 10


def test_renderings_at_the_same_time_do_not_count_each_others_steps(own: Path) -> None:
    theme = a_theme_with(own, f"{PAIR * 2}{END * 4}done")

    with ThreadPoolExecutor(max_workers=3) as pool:
        texts = list(pool.map(lambda _: said_by(theme), range(6)))

    assert texts == ["done\n"] * 6


def test_a_kept_template_still_counts(own: Path, tmp_path: Path) -> None:
    (own / "classic" / "digest.txt.j2").write_text(PAIR * 4 + END * 8, encoding="utf-8")
    for _ in range(2):
        theme = load_theme("classic", folders=[own, THEMES], cache=tmp_path / "cache")
        with pytest.raises(TemplateError, match=f"more than {STEPS_MOST:,} steps"):
            said_by(theme)


def test_templates_run_under_a_meter_only() -> None:
    template = a_theme().environment.get_template("parts/footer.txt.j2")

    with pytest.raises(LookupError):
        template.render()
    with metered(), pytest.raises(Exception, match="is undefined"):
        template.render()

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.builders import TOLD_BY_DEFAULT, a_segment, a_subscriber

from otalk_digest.audience.matching import matches
from otalk_digest.audience.segments import choose_segments, load_segments
from otalk_digest.errors import SettingsError
from otalk_digest.model.audience import (
    AllOf,
    AnyOf,
    Facet,
    Has,
    JoinedAfter,
    JoinedBefore,
    NoneOf,
    Rule,
)
from otalk_digest.model.news import NewsKind

#: Midnight in London.
FIRST_OF_JULY = datetime(2026, 6, 30, 23, tzinfo=UTC)
HEAD = '[[segment]]\nname = "one"\ntitle = "One"\nwhy = "You asked."\n'
OTHER = HEAD.replace("one", "two")
THIRD = HEAD.replace("one", "three")


def loaded_rule(tmp_path: Path, match: str) -> Rule:
    path = tmp_path / "segments.toml"
    path.write_text(f"{HEAD}{match}", encoding="utf-8")
    return load_segments(path, zone="Europe/London")[0].rule


def test_segments_keep_the_files_order_and_fill_in_defaults(tmp_path: Path) -> None:
    path = tmp_path / "segments.toml"
    path.write_text(
        f'{HEAD}receives = ["wrap-up"]\nmax_age_days = 7\nsubject_prefix = "[x] "\n'
        '[segment.match]\ntag = "Student"\n'
        '[[segment]]\nname = "rest"\ntitle = "Rest"\nwhy = "You asked."\ntheme = "plain"\n',
        encoding="utf-8",
    )

    assert load_segments(path) == (
        a_segment(
            "one",
            rule=Has(Facet.TAG, "student"),
            kinds=frozenset({NewsKind.WRAP_UP}),
            max_age_days=7,
            subject_prefix="[x] ",
            why="You asked.",
        ),
        a_segment("rest", kinds=TOLD_BY_DEFAULT, theme="plain", why="You asked."),
    )


@pytest.mark.parametrize(
    ("match", "rule"),
    [
        ("", AllOf(())),
        ('match.tag = "PhD"', Has(Facet.TAG, "phd")),
        ('match.country = "gb"', Has(Facet.COUNTRY, "GB")),
        ('match.zone = "Europe/*"', Has(Facet.ZONE, "Europe/*")),
        ('match.wants = "wrap-up"', Has(Facet.WANTS, "wrap-up")),
        (
            'match = { tag = "a", language = "en*" }',
            AllOf((Has(Facet.TAG, "a"), Has(Facet.LANGUAGE, "en*"))),
        ),
        (
            'match.any = [{ tag = "a" }, { none = [{ tag = "b" }] }]',
            AnyOf((Has(Facet.TAG, "a"), NoneOf((Has(Facet.TAG, "b"),)))),
        ),
        ('match.all = [{ tag = "a" }]', AllOf((Has(Facet.TAG, "a"),))),
        ('match.cadence = "monthly"', Has(Facet.CADENCE, "monthly")),
        ("match.joined_after = 2026-07-01", JoinedAfter(FIRST_OF_JULY)),
        ("match.joined_before = 2026-07-01", JoinedBefore(FIRST_OF_JULY)),
    ],
)
def test_a_match_table_becomes_a_rule(tmp_path: Path, match: str, rule: Rule) -> None:
    """Tags and countries are compared as an import keeps them."""
    assert loaded_rule(tmp_path, match) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no segment, so nobody can be sent to. Add a [[segment]]."),
        (
            f'{HEAD}{HEAD.replace("one", "two")}tilte = "x"\n',
            "line 9: segment 2: tilte: there is no such key; did you mean title?",
        ),
        (
            f'{HEAD}[segment.match]\ntga = "x"\n',
            "line 6: segment 1: match.tga: there is no such key; did you mean tag?",
        ),
        (
            f'{HEAD}receives = ["wrapup"]\n',
            "line 5: segment 1: receives 1: 'wrapup' is none of: announcement, change, ",
        ),
        ('[[segment]]\nname = "one"\ntitle = "One"\n', "line 1: segment 1: it lacks the key why."),
        (f"{HEAD}max_age_days = 0\n", "line 5: segment 1: max_age_days: expected a whole number"),
        (
            HEAD.replace('"one"', '"Über uns"'),
            "line 2: segment 1: name: expected at most 40 small letters, ",
        ),
        (f"{HEAD}\n{HEAD}", "line 6: two segments are called 'one'. Rename one."),
        (f'{HEAD}theme = "nosuch"\n', "line 5: there is no theme 'nosuch'. Known ones: classic."),
        (f'{HEAD}schedule = "daily"\n', "line 5: segment 1: schedule: 'daily' is none of: each, "),
        (
            f'{HEAD}[segment.match]\nzone = "Europe/Lodnon"\n',
            "line 6: there is no time zone 'Europe/Lodnon'. Did you mean Europe/London?",
        ),
        (
            f'{HEAD}[segment.match]\nany = [{{ zone = "Mars/*" }}]\n',
            "line 6: there is no time zone",
        ),
        (f'{HEAD}match.country = "UK"\n', "line 5: country: 'UK' is no code of two letters"),
        (f"{HEAD}match.joined_after = 2026\n", "line 5: segment 1: match.joined_after: expected "),
        (f"{HEAD}match.any = []\n", "line 5: 'one' can never match: “any” has no rule in it."),
        (
            f'{HEAD}[segment.match]\ncountry = "GB"\nnone = [{{ country = "G*" }}]\n',
            "line 6: 'one' can never match: country = 'GB', but not 'G*'. Change its rule.",
        ),
        (
            f"{HEAD}\n{HEAD.replace('one', 'two')}",
            "line 6: 'two' never gets anybody: 'one' before it takes all whom it would match.",
        ),
        (
            f'{HEAD}match.tag = "a"\n{OTHER}match.none = [{{ tag = "a" }}]\n{THIRD}',
            "line 11: 'three' never gets anybody: what stands before it takes all",
        ),
        ("[[segment]\n", "is not valid TOML"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "segments.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as refusal:
        load_segments(path, themes={"classic"})

    assert message in str(refusal.value)


STUDENT = a_subscriber(
    tags=frozenset({"student", "phd"}), zone="Europe/London", country="GB", language="en-GB"
)
NOBODY = a_subscriber("bea@example.org")
ONLY_WRAP_UPS = a_subscriber(wants=frozenset({"wrap-up"}))


@pytest.mark.parametrize(
    ("rule", "is_student", "is_nobody"),
    [
        (Has(Facet.TAG, "student"), True, False),
        (Has(Facet.TAG, "stu*"), True, False),
        (Has(Facet.TAG, "stu"), False, False),
        (Has(Facet.TAG, "*"), True, False),
        (Has(Facet.ZONE, "Europe/*"), True, False),
        (Has(Facet.ZONE, "europe/*"), False, False),
        (Has(Facet.COUNTRY, "GB"), True, False),
        (Has(Facet.LANGUAGE, "en"), False, False),
        (AllOf(()), True, True),
        (AnyOf(()), False, False),
        (NoneOf(()), True, True),
        (NoneOf((Has(Facet.TAG, "student"),)), False, True),
        (AllOf((Has(Facet.TAG, "student"), Has(Facet.COUNTRY, "NO"))), False, False),
        (AnyOf((Has(Facet.TAG, "student"), Has(Facet.COUNTRY, "NO"))), True, False),
    ],
)
def test_a_rule_matches_whom_it_describes(rule: Rule, *, is_student: bool, is_nobody: bool) -> None:
    assert (matches(rule, STUDENT), matches(rule, NOBODY)) == (is_student, is_nobody)


def test_who_asked_for_nothing_in_particular_wants_everything() -> None:
    assert matches(Has(Facet.WANTS, "notice"), NOBODY)
    assert matches(Has(Facet.WANTS, "wrap-up"), ONLY_WRAP_UPS)
    assert not matches(Has(Facet.WANTS, "notice"), ONLY_WRAP_UPS)


def test_one_segment_is_chosen_by_name() -> None:
    segments = (a_segment("one"), a_segment("two"))

    assert choose_segments(segments, None) == segments
    assert choose_segments(segments, "two") == segments[1:]
    with pytest.raises(SettingsError, match=r"no segment 'three'\. Known ones: one, two\."):
        choose_segments(segments, "three")

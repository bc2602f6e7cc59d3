import csv
import io
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_subscriber, each_of

from otalk_digest.audience.columns import COLUMNS
from otalk_digest.audience.exports import write_subscribers
from otalk_digest.audience.imports import read_subscribers
from otalk_digest.audience.refusals import Refusals, Reject
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Cadence, Consent, Proof, Reminder, Subscriber
from otalk_digest.model.news import NewsKind

FULL = (
    "email,name,zone,country,language,tags,wants,consent,source\n"
    "Ann@example.org,Ann Ö,Europe/London,gb,en,Student;PhD,wrap-up;notice,confirmed,stall\n"
)
SHORT = "email,name\nann@example.org,Zoë\nbea@example.org,Bea\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def rows_of(path: Path, content: bytes | str) -> list[Subscriber | Reject]:
    """Subscribers in the order of the rows, then rejects in theirs."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    rows = read_subscribers(path, default_consent=Consent.PENDING, default_source="import")
    return sorted(each_of(rows), key=lambda row: isinstance(row, Reject))


def outline(rows: list[Subscriber | Reject]) -> list[str | int]:
    """Addresses of subscribers, row numbers of rejects."""
    return [row.row if isinstance(row, Reject) else row.address for row in rows]


def written(rejects: list[Reject], path: Path) -> None:
    with closing(Refusals()) as refusals:
        for reject in rejects:
            refusals.add(reject)
        with path.open("wb") as file:
            refusals.write(file)


def reason_of(
    path: Path, row: str, *, header: str = "email,name,zone,country,wants,consent"
) -> str:
    (reject,) = rows_of(path, f"{header}\n{row}\n")
    assert isinstance(reject, Reject)
    assert reject.row == 2
    return reject.reason


def test_every_column_is_read(path: Path) -> None:
    assert rows_of(path, FULL) == [
        Subscriber(
            address="Ann@example.org",
            identity="ann@example.org",
            name="Ann Ö",
            zone="Europe/London",
            country="GB",
            language="en",
            tags=frozenset({"student", "phd"}),
            wants=frozenset({NewsKind.WRAP_UP, NewsKind.NOTICE}),
            consent=Consent.CONFIRMED,
            source="stall",
        )
    ]


def test_what_a_row_does_not_say_is_absent_or_the_default(path: Path) -> None:
    assert rows_of(path, "email\nann@example.org\n") == [
        Subscriber(
            address="ann@example.org",
            identity="ann@example.org",
            consent=Consent.PENDING,
            source="import",
        )
    ]


@pytest.mark.parametrize(
    "content",
    [
        SHORT.encode(),
        SHORT.encode("utf-8-sig"),
        SHORT.encode("latin-1"),
        SHORT.encode("cp1252"),
        SHORT.encode("utf-16"),
        b"\xfe\xff" + SHORT.encode("utf-16-be"),
        SHORT.replace("\n", "\r\n").encode(),
        SHORT.replace("\n", "\r").encode(),
        SHORT.rstrip().encode(),
        SHORT.replace(",", ";").encode(),
        SHORT.replace(",", "\t").encode(),
        SHORT.replace(",", "|").encode(),
        SHORT.replace("email,name", " E-Mail Address , NAME ").encode(),
        SHORT.replace("email,name", '"email","name"').encode(),
        SHORT.replace("\n", "\n\n,\n").encode(),
        SHORT.replace("bea@", "  bea@").encode(),
    ],
    ids=[
        *("utf-8", "bom", "latin-1", "cp1252", "utf-16", "utf-16-be", "crlf", "cr", "no-last-end"),
        *("semicolons", "tabs", "bars", "other-titles", "quoted", "empty-rows", "spaces"),
    ],
)
def test_whatever_a_spreadsheet_saves_is_read(path: Path, content: bytes) -> None:
    people = [
        (person.address, person.name)
        for person in rows_of(path, content)
        if isinstance(person, Subscriber)
    ]

    assert people == [("ann@example.org", "Zoë"), ("bea@example.org", "Bea")]


def test_typographic_quotes_of_the_windows_code_page_survive(path: Path) -> None:
    (person,) = rows_of(path, "email,name\nann@example.org,O’Day\n".encode("cp1252"))

    assert isinstance(person, Subscriber)
    assert person.name == "O’Day"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ann,Ann", "not an e-mail address"),
        (",Ann", "not an e-mail address"),
        ("ann@example.org,Ann,Londn", "'Londn' is no time zone; write one such as Europe/London"),
        ("ann@example.org,Ann,,UKX", "'UKX' is no country code; write two letters such as GB"),
        ("ann@example.org,Ann,,,wrapup", "wants: 'wrapup' is no kind of news; known ones: "),
        ("ann@example.org,Ann,,,,maybe", "consent: 'maybe' is unknown; write confirmed, "),
        ("ann@example.org,Ann\x00Lee", "name: it holds a control character"),
        ("ann@example.org,Ann\tLee", "name: it holds a control character"),
        ('ann@example.org,"Ann\nBcc: x"', "name: it runs over more than one line"),
        ("ann\x00@example.org,Ann", "address: it holds a control character"),
        ('"ann@example.org\nBcc: bea@example.org",Ann', "address: it runs over more than one line"),
        (f"ann@example.org,{'x' * 300_000}", "a cell is longer than "),
        (f'ann@example.org,"{"x" * 300_000}"', "a cell is longer than "),
        (f"ann@example.org,{'x' * 20_000}", "a cell is longer than "),
        ('ann@example.org,"Ann" Lee', "its quotes do not match"),
        ('ann@example.org,"Ann', "its quotes do not match"),
        ("ann@example.org,A\ufffdn", "name: a character was lost when the file was saved"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_reason(
    path: Path, row: str, reason: str
) -> None:
    assert reason_of(path, row).startswith(reason)


def test_rows_are_counted_as_a_spreadsheet_counts_them(path: Path) -> None:
    content = "email\nann@example.org\n\nbroken\nbea@example.org\nbroken\n"

    assert outline(rows_of(path, content)) == ["ann@example.org", "bea@example.org", 4, 6]


@pytest.mark.parametrize(
    "broken",
    [
        'x@example.org,"Xan',
        'x@example.org,"Xan,"extra',
        'x@example.org,"Xan" Lee',
        '"x@example.org',
    ],
)
def test_an_unclosed_quote_costs_its_own_row_only(path: Path, broken: str) -> None:
    content = f'email,name\nann@example.org,Ann\n{broken}\nbea@example.org,"Bea"\ncy@example.org,\n'

    assert outline(rows_of(path, content)) == [
        *("ann@example.org", "bea@example.org", "cy@example.org", 3)
    ]


CELLS = st.one_of(
    st.sampled_from(["", " ", "ann@example.org", "Bea@Example.ORG", "cy@b\u00fccher.example"]),
    st.sampled_from(["o'harbour@example.org", "cy(at)example.org", "'=1+1", "\ufffd", "\x07"]),
    st.sampled_from(["confirmed", "withdrawn", "perhaps", "Europe/London", "GB", "Student;PhD"]),
)


@given(
    title=st.sampled_from(["name", "zone", "country", "tags", "consent", "cadence", "note"]),
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12),
    usual=st.integers(0, 12),
)
def test_a_list_says_the_same_with_its_cells_in_quotes_and_without(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    rows: list[tuple[str, str]],
    usual: int,
) -> None:
    """Quoted lines are read one by one; of the others, many at once."""
    path = tmp_path_factory.getbasetemp() / "list.csv"
    rows = [("dee@example.org", "")] * usual + rows

    def read(quoting: Literal[0, 1]) -> list[Subscriber | Reject]:
        text = io.StringIO()
        csv.writer(text, quoting=quoting).writerows([("email", title), *rows])
        return rows_of(path, text.getvalue())

    assert read(csv.QUOTE_MINIMAL) == read(csv.QUOTE_ALL)


def test_rows_keep_their_numbers_through_a_long_list_with_a_broken_one(path: Path) -> None:
    lines = [f"reader{number}@example.org,Dee" for number in range(2, 6_000)]
    lines[1_000] = 'ann@example.org,"Ann'
    lines[3_000] = '"bea@example.org","two\nlines"'
    lines[5_000] = "cy(at)example.org,Cy"

    found = rows_of(path, "email,name,\n" + "\n".join(lines))

    assert [row.row for row in found if isinstance(row, Reject)] == [1_002, 3_002, 5_002]
    assert len(found) == len(lines)


def test_an_unclosed_quote_in_a_column_that_is_not_read_swallows_nobody(path: Path) -> None:
    content = 'email,notes\nann@example.org,"said hello\nbea@example.org,\n'

    assert outline(rows_of(path, content)) == ["bea@example.org", 2]


def test_a_note_of_several_lines_is_no_mistake(path: Path) -> None:
    content = 'email,notes\nann@example.org,"first line\nsecond ""line"""\nbroken,\n'

    assert outline(rows_of(path, content)) == ["ann@example.org", 3]


@pytest.mark.parametrize("shifted", ["Zone", "Country", "Wants", "Consent"])
def test_no_reason_repeats_an_address_that_slipped_into_another_column(
    path: Path, shifted: str
) -> None:
    reason = reason_of(path, "ann@example.org,bea@example.org", header=f"email,{shifted}")

    assert "bea" not in reason.lower()


@pytest.mark.parametrize(
    ("written", "consent"),
    [
        ("Confirmed", Consent.CONFIRMED),
        ("subscribed", Consent.CONFIRMED),
        ("ACTIVE", Consent.CONFIRMED),
        ("pending", Consent.PENDING),
        ("unconfirmed", Consent.PENDING),
        ("withdrawn", Consent.WITHDRAWN),
        ("unsubscribed", Consent.WITHDRAWN),
        ("cleaned", Consent.WITHDRAWN),
        ("bounced", Consent.WITHDRAWN),
        ("", Consent.PENDING),
    ],
)
def test_other_programs_statuses_are_understood(path: Path, written: str, consent: Consent) -> None:
    (person,) = rows_of(path, f"email,status\nann@example.org,{written}\n")

    assert isinstance(person, Subscriber)
    assert person.consent is consent


def test_duplicates_by_case_space_and_spelling_are_one_identity(path: Path) -> None:
    content = (
        "email\nAnn@BÜCHER.example\n ann@bücher.example \nann@xn--bcher-kva.example\n"
        '"ann"@bücher.example\n'
    )

    people = [row for row in rows_of(path, content) if isinstance(row, Subscriber)]

    assert {person.identity for person in people} == {"ann@xn--bcher-kva.example"}
    assert len(people) == 3  # The unescaped quotes of the last one are a mistake.


def test_sql_is_only_text(path: Path) -> None:
    (person,) = rows_of(path, "email,name\nann@example.org,Robert'); DROP TABLE subscribers;--\n")

    assert isinstance(person, Subscriber)
    assert person.name == "Robert'); DROP TABLE subscribers;--"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty. Its first line must name columns, with email first."),
        ("  \n\n", "is empty. Its first line must name columns, with email first."),
        ("name,zone\nAnn,Europe/London\n", "line 1: no column is called email; found: name, zone."),
        ('"email,name\nann@example.org\n', "line 1: its quotes do not match"),
    ],
)
def test_a_file_without_an_address_column_is_refused_whole(
    path: Path, content: str, reason: str
) -> None:
    with pytest.raises(InputError) as refusal:
        rows_of(path, content)

    assert reason in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "example.org" not in str(refusal.value)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read: "):
            list(read_subscribers(path, default_consent=Consent.PENDING, default_source=""))


def test_mended_rejects_are_imported(path: Path) -> None:
    """What a spreadsheet would run is neutralised, and reads back as it was."""
    rejects = [
        row
        for row in rows_of(
            path, "name;email;zone\n=1+1;ann@example.org;Londn\n'=2;bea@example.org;x\n"
        )
        if isinstance(row, Reject)
    ]
    refused = path.with_suffix(".rejects.csv")

    written(rejects, refused)

    cells = list(csv.reader(refused.read_text(encoding="utf-8").splitlines()))
    assert cells[0] == ["row", "reason", "name", "email", "zone"]
    assert [row[:1] + row[2:4] for row in cells[1:]] == [
        ["2", "'=1+1", "ann@example.org"],
        ["3", "'=2", "bea@example.org"],
    ]
    mended = refused.read_text(encoding="utf-8").replace(",Londn", ",Europe/London")
    assert [
        (row.name, row.zone) if isinstance(row, Subscriber) else row.row
        for row in rows_of(path, mended)
    ] == [("=1+1", "Europe/London"), 3]


def test_no_cell_of_an_export_is_run_by_a_spreadsheet() -> None:
    file = io.StringIO()
    people = [
        a_subscriber(f"{start}ann@example.org", name=f"{start}1") for start in ("=", "+", "-")
    ]

    write_subscribers(file, [*people, a_subscriber(name="@SUM(A1)")])

    cells = [cell for row in csv.reader(file.getvalue().splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


PRINTABLE = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffd")
LINES = st.text(PRINTABLE, max_size=20).map(str.strip)
LABELS = LINES.map(lambda text: text.lower().strip()).filter(
    lambda text: text and not set(text) & set(";|") and text == text.lower().strip()
)
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
WORDS = st.none() | st.sampled_from(["double opt-in", "=2", "v3"])
WORDING = WORDS | st.just("We write on Wednesdays.\n\nNever more often.")
PEOPLE = st.builds(
    a_subscriber,
    st.sampled_from(
        [
            "ann@example.org",
            "Ann.Lee@example.org",
            "+ann@example.org",
            "=ann@bücher.example",
            "o'day@example.org",
            '"ann lee"@example.org',
            "jösé@example.org",
        ]
    ),
    name=st.one_of(
        st.none(), LINES.filter(bool), st.sampled_from(["=1+1", "'=1", "''", "-", "@a"])
    ),
    zone=st.sampled_from([None, "Europe/London", "Asia/Kolkata"]),
    country=st.sampled_from([None, "GB", "IN"]),
    language=st.sampled_from([None, "en", "pt-BR"]),
    tags=st.frozensets(LABELS, max_size=3),
    wants=st.frozensets(st.sampled_from([str(kind) for kind in NewsKind]), max_size=3),
    consent=st.sampled_from(list(Consent)),
    source=st.one_of(st.just("import"), LINES.filter(bool)),
    cadence=st.sampled_from(list(Cadence)),
    reminder=st.sampled_from(list(Reminder)),
    paused_until=MOMENTS,
    joined_at=MOMENTS,
    proof=st.builds(Proof, at=MOMENTS, method=WORDS, wording=WORDING),
)


@given(people=st.lists(PEOPLE, max_size=4))
def test_what_was_exported_is_imported_unchanged(
    tmp_path_factory: pytest.TempPathFactory, people: list[Subscriber]
) -> None:
    path = tmp_path_factory.mktemp("exports") / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        write_subscribers(file, people)

    again = list(
        each_of(read_subscribers(path, default_consent=Consent.PENDING, default_source="elsewhere"))
    )

    assert again == people


def test_an_export_names_the_columns_that_an_import_reads() -> None:
    file = io.StringIO()

    write_subscribers(file, [])

    assert file.getvalue().strip().split(",") == list(COLUMNS)

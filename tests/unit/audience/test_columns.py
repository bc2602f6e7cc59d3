"""Other programs' exports, other languages, files without titles."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.builders import each_of

from otalk_digest.audience.imports import SubscriberList, read_subscribers
from otalk_digest.audience.refusals import Reject
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Cadence, Consent, Proof, Reminder, Subscriber

FIRST_OF_MARCH = datetime(2024, 3, 1, 10, tzinfo=UTC)
MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,"
    "TIMEZONE,CC,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
)
LISTS = {
    "Mailchimp": (
        MAILCHIMP + "ann@example.org,Ann,Lee,1 Example Street,2,2024-03-01 10:00:00,192.0.2.1,"
        '2024-03-01 10:00:00,Europe/london,gb,,7,a1,,"""Student"",""PhD"""\n'
    ),
    "Ghost": (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,"
        "created_at,deleted_at,labels,tiers\n"
        '64a,ann@example.org,Ann Lee,,true,false,,2024-03-01T10:00:00.000Z,,"student,phd",\n'
    ),
    "Substack": (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ann@example.org,false,,other,false,2024-03-01T10:00:00.000Z,\n"
    ),
    "Buttondown": (
        "email,notes,metadata,tags,subscriber_type,source,creation_date,unsubscription_date\n"
        'ann@example.org,,{},"student, phd",regular,embedded_form,2024-03-01T10:00:00Z,\n'
    ),
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        'f0e,ann@example.org,Ann Lee,"{""city"": ""Ayr""}",enabled,2024-03-01T10:00:00Z,\n'
    ),
    "WordPress": (
        "Name,Email,Email subscription,Subscription date\n"
        "Ann Lee,ann@example.org,Subscribed,2024-03-01 10:00:00\n"
    ),
}
NAMELESS = {"Substack", "Buttondown"}
TAGGED = {"Mailchimp", "Ghost", "Buttondown"}


def a_list(path: Path, content: str, **named: str) -> SubscriberList:
    file = path / "list.csv"
    file.write_text(content, encoding="utf-8")
    return read_subscribers(
        file,
        default_consent=Consent.CONFIRMED,
        default_source="import",
        default_proof=Proof(method="double opt-in"),
        named=named,
    )


def person_in(path: Path, content: str, **named: str) -> Subscriber:
    (person,) = each_of(a_list(path, content, **named))
    assert isinstance(person, Subscriber), person
    return person


@pytest.mark.parametrize("program", LISTS)
def test_another_programs_export_is_known_and_read(tmp_path: Path, program: str) -> None:
    understood = a_list(tmp_path, LISTS[program])
    (person,) = each_of(understood)

    assert understood.columns.program == program
    assert isinstance(person, Subscriber)
    assert person.address == "ann@example.org"
    assert person.name == (None if program in NAMELESS else "Ann Lee")
    assert person.consent is Consent.CONFIRMED
    assert person.joined_at == FIRST_OF_MARCH
    assert person.tags == (frozenset({"student", "phd"}) if program in TAGGED else frozenset())


def test_what_mailchimp_knows_of_consent_is_kept(tmp_path: Path) -> None:
    person = person_in(tmp_path, LISTS["Mailchimp"])

    assert person.proof == Proof(at=FIRST_OF_MARCH, method="double opt-in")
    assert (person.zone, person.country) == ("Europe/London", "GB")


@pytest.mark.parametrize(
    "content",
    [
        "Email Address,UNSUB_TIME,LEID,EUID\nann@example.org,2024-05-01 10:00:00,1,a\n",
        "Email Address,CLEAN_TIME,LEID,EUID\nann@example.org,2024-05-01 10:00:00,1,a\n",
        "email,subscribed_to_emails,complimentary_plan\nann@example.org,false,false\n",
        "email,email_disabled,active_subscription\nann@example.org,true,true\n",
        "email,subscriber_type\nann@example.org,unsubscribed\n",
        "email,subscriber_type\nann@example.org,undeliverable\n",
        "uuid,email,attributes,status\nf0e,ann@example.org,{},blocklisted\n",
        "Email,Email subscription\nann@example.org,Not subscribed\n",
        "Email,Email subscription\nann@example.org,Not sending\n",
        "E-Mail,Status\nann@example.org,Abgemeldet\n",
    ],
)
def test_who_left_elsewhere_has_left_here(tmp_path: Path, content: str) -> None:
    person = person_in(tmp_path, content)

    assert person.consent is Consent.WITHDRAWN
    # How they once agreed is no proof of anything now.
    assert person.proof == Proof()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Vorname;Nachname;E-Mail-Adresse", "Ann Lee"),
        ("Vorname;Name;E-Mail", "Ann Lee"),
        ("Prénom;Nom;Courriel", "Ann Lee"),
        ("Nombre;Apellidos;Correo electrónico", "Ann Lee"),
        ("Nome;Cognome;Indirizzo e-mail", "Ann Lee"),
        ("Voornaam;Achternaam;E-mailadres", "Ann Lee"),
        ("Förnamn;Efternamn;E-post", "Ann Lee"),
        ("FIRST_NAME;last-name;e_mail", "Ann Lee"),
        ("Title;Full Name;Email:", "Lee"),
    ],
)
def test_titles_of_other_languages_are_understood(tmp_path: Path, header: str, name: str) -> None:
    assert person_in(tmp_path, f"{header}\nAnn;Lee;ann@example.org\n").name == name


def test_columns_can_be_named_left_out_and_counted(tmp_path: Path) -> None:
    content = "Kontakt,Stadt,Zone,x\nann@example.org,Ayr,hall 3,Ann\n"

    person = person_in(tmp_path, content, email="kontakt", zone="", name="4")

    assert (person.address, person.zone, person.name) == ("ann@example.org", None, "Ann")


def test_what_was_and_was_not_understood_can_be_said(tmp_path: Path) -> None:
    columns = a_list(tmp_path, "E-Mail;Shoe size;Name\nann@example.org;7;Ann\n").columns

    assert columns.read == (("email", "E-Mail"), ("name", "Name"))
    assert columns.ignored == ("Shoe size",)
    assert columns.program is None


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({"email": "Mail"}, "no column is called 'Mail', which is to be email."),
        ({"email": "3"}, "no column is called '3', which is to be email."),
        ({"shoe": "Kontakt"}, "'shoe' is nothing that a column can hold; known: email, name, "),
        ({}, "no column is called email; found: Kontakt, Stadt. Say which one holds"),
    ],
)
def test_a_wrong_name_of_a_column_is_refused(
    tmp_path: Path, named: dict[str, str], reason: str
) -> None:
    with pytest.raises(InputError) as refusal:
        a_list(tmp_path, "Kontakt,Stadt\nann@example.org,Ayr\n", **named)

    assert reason in str(refusal.value)


@pytest.mark.parametrize("row", ["ann@example.org", "Ann;ann@example.org", "7\tann@example.org\t"])
def test_a_file_without_titles_begins_with_a_subscriber(tmp_path: Path, row: str) -> None:
    understood = a_list(tmp_path, f"{row}\n{row.replace('ann@', 'bea@')}\n{row[:3]}\n")

    assert not understood.columns.has_titles
    assert [row.row if isinstance(row, Reject) else row.address for row in each_of(understood)] == [
        "ann@example.org",
        "bea@example.org",
        3,
    ]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "content"),
    [
        ("utf-16-le", "semicolons", "name;email\nZoë;ann@example.org\n"),
        ("utf-16-be", "tabs", "name\temail\nZoë\tann@example.org\n"),
        ("utf-32", "commas", "name,email\nZoë,ann@example.org\n"),
        ("utf-8-sig", "semicolons", "sep=;\nname;email\nZoë;ann@example.org\n"),
        ("utf-8", "semicolons", '"name, in full";email;name\n;ann@example.org;Zoë\n'),
    ],
)
def test_how_a_file_is_written_is_found_out(
    tmp_path: Path, encoding: str, delimiter: str, content: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content.encode(encoding))

    understood = read_subscribers(path, default_consent=Consent.PENDING, default_source="")

    assert understood.delimiter == delimiter
    (person,) = each_of(understood)
    assert isinstance(person, Subscriber)
    assert (person.name, person.address) == ("Zoë", "ann@example.org")


def test_wishes_and_proof_are_read(tmp_path: Path) -> None:
    person = person_in(
        tmp_path,
        "email,cadence,reminder,paused_until,joined,consented_at,method,wording\n"
        "ann@example.org,Weekly,hour,2026-12-24,2024-03-01 11:00+01:00,2024-03-01T10:00Z,"
        "on paper,v3\n",
    )

    assert (person.cadence, person.reminder) == (Cadence.WEEKLY, Reminder.HOUR)
    assert person.paused_until == datetime(2026, 12, 24, tzinfo=UTC)
    assert person.joined_at == FIRST_OF_MARCH
    assert person.proof == Proof(at=FIRST_OF_MARCH, method="on paper", wording="v3")


@pytest.mark.parametrize(
    ("header", "cell", "reason"),
    [
        ("cadence", "daily", "cadence: 'daily' is unknown; write each, weekly, monthly"),
        ("reminder", "noon", "reminder: 'noon' is unknown; write none, morning, hour"),
        ("joined", "03/04/24", "joined: '03/04/24' is no moment; write one such as 2026-11-24"),
        ("paused until", "bea@example.org", "paused_until: an address is no moment"),
        ("email disabled", "perhaps", "email disabled: 'perhaps' is neither yes nor no"),
    ],
)
def test_wishes_that_mean_nothing_are_refused(
    tmp_path: Path, header: str, cell: str, reason: str
) -> None:
    (refused,) = a_list(tmp_path, f"email,{header}\nann@example.org,{cell}\n")

    assert isinstance(refused, Reject)
    assert refused.reason.startswith(reason)

from pathlib import Path

import pytest

from otalk_digest.errors import SettingsError
from otalk_digest.resources import demo_file, starter_settings
from otalk_digest.settings import Settings, load_settings

COMPLETE = """
[feed]
address = "https://blog.example.org/feed/"
[digest]
name = "#OTalk digest"
blog_url = "https://blog.example.org/"
contact = "team@example.org"
postal_address = "1 Example Street"
[delivery]
from_address = "digest@lists.example.org"
"""

_ONE_ADDRESS = 'expected one address and nothing else, such as "digest@example.org".'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "otalk-digest.toml"


def loaded(path: Path, text: str = COMPLETE, **environment: str) -> Settings:
    path.write_text(text, encoding="utf-8")
    return load_settings(path, {f"OTALK_DIGEST_{name}": it for name, it in environment.items()})


def refusal_of(path: Path, text: str = COMPLETE, **environment: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        loaded(path, text, **environment)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[feed]\nadress = 'x'\n",
            ", line 2: feed.adress: there is no such key; did you mean addr",
        ),
        ("[fed]\n", ", line 1: fed: there is no such key; did you mean feed?"),
        ("\n[feed]\nmax_bytes = 'x'\n", ", line 3: feed.max_bytes: expected a whole number, got"),
        ("[feed]\ntimeout_s = 0\n", ", line 2: feed.timeout_s: expected a number > 0.0."),
        (
            "[delivery]\nprovider = 'mailgun'\n",
            ", line 2: delivery.provider: 'mailgun' is none of: files, smtp, sendgrid.",
        ),
        ("[delivery.smtp]\nport = 99999\n", ", line 2: delivery.smtp.port: expected a whole numb"),
        ("[delivery.smtp]\npassword = 'x'\n", ", line 2: delivery.smtp.password: there is no such"),
        ("[digest]\ncontact = 'team'\n", f", line 2: digest.contact: {_ONE_ADDRESS}"),
        (
            "[delivery]\nfrom_address = 'A <a@b.c>'\n",
            f", line 2: delivery.from_address: {_ONE_ADDRESS}",
        ),
        ("[delivery]\nreply_to = 'a@b, c@d'\n", f", line 2: delivery.reply_to: {_ONE_ADDRESS}"),
        (
            "[delivery.smtp]\nreturn_path = ''\n",
            f", line 2: delivery.smtp.return_path: {_ONE_ADDRESS}",
        ),
        ("[preview]\ntest_to = '@'\n", f", line 2: preview.test_to: {_ONE_ADDRESS}"),
        ("[chat]\nzone = 'Europe/Londn'\n", ": chat.zone: 'Europe/Londn' is no time zone; write "),
        ("[chat]\nzone = '../../etc/passwd'\n", ": chat.zone: '../../etc/passwd' is no time zone"),
        ("[chat]\nweekday = 'Tues'\n", ", line 2: chat.weekday: 'Tues' is none of: monday, "),
        ("[chat]\nstart = '8pm'\n", ", line 2: chat.start: expected hours and minutes "),
        ("[chat]\nduration_minutes = 9999999999\n", ", line 2: chat.duration_minutes: expected a "),
        ("[delivery]\nput_off_days = 99999999\n", ", line 2: delivery.put_off_days: expected a wh"),
        ("[feed]\ntimeout_s = 1e300\n", ", line 2: feed.timeout_s: expected a number <= 86400.0."),
        (
            "[digest]\nblog_url = 'our blog'\n",
            ", line 2: digest.blog_url: expected a whole address ",
        ),
        ("[web]\nbase_url = 'https://'\n", ", line 2: web.base_url: expected a whole address"),
        ("[web]\nbase_url = 'https://[::1'\n", ", line 2: web.base_url: expected a whole addre"),
        ("[chat]\ntags = []\n", ", line 2: chat.tags: expected a list of length >= 1."),
        ("[store]\nurl = 'mysql://x/y'\n", ": store.url: 'mysql' names no database that we know; "),
        ("[store]\nurl = 'sqlite:///'\n", ": store.url: 'sqlite' names no database that we know; "),
        ("[store]\nurl = 'postgresql://me@here'\n", ": store.url: it names no database; write "),
        ("[store]\nurl = 'postgresql://me@[/x'\n", ": store.url: it names no database; write "),
        ("[store]\nurl = 'postgresql://h:port/x'\n", ": store.url: it names no database; write "),
        ("[web]\nbase_url = 'http://example.org'\n", ": web.base_url: one-click unsubscribe needs"),
        ("[feed\n", " is not valid TOML: "),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(path: Path, text: str, message: str) -> None:
    assert refusal_of(path, text).startswith(f"{path}{message}")


def test_the_environment_overrides_the_file(path: Path) -> None:
    settings = loaded(
        path,
        FEED__ADDRESS="blog.xml",
        FEED__MAX_BYTES="5",
        FEED__ALLOW_PRIVATE_ADDRESSES="true",
        DELIVERY__SMTP__HOST="smtp.example.org",
        WEB__BASE_URL="https://digest.example.org",
    )

    assert settings.feed.address == "blog.xml"
    assert settings.feed.max_bytes == 5
    assert settings.feed.allow_private_addresses is True
    assert settings.delivery.smtp.host == "smtp.example.org"
    assert settings.web.base_url == "https://digest.example.org"


def test_variables_of_other_programs_are_not_ours(path: Path) -> None:
    path.write_text(COMPLETE, encoding="utf-8")

    assert load_settings(path, {"OTALK": "x", "otalk_digest_feed__x": "y"}).path == path


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FEED__ADRESS", "x", "OTALK_DIGEST_FEED__ADRESS names no setting; did you mean ADDRESS?"),
        ("FEEED__ADDRESS", "x", "OTALK_DIGEST_FEEED__ADDRESS names no setting; did you mean FEED?"),
        ("ZZZ", "x", "OTALK_DIGEST_ZZZ names no setting."),
        ("FEED__ADDRESS__X", "x", "OTALK_DIGEST_FEED__ADDRESS__X names no setting."),
        ("FEED", "x", "OTALK_DIGEST_FEED: expected a table"),
        ("FEED__MAX_BYTES", "many", "OTALK_DIGEST_FEED__MAX_BYTES: expected a whole number"),
        ("DELIVERY__FROM_ADDRESS", "me", f"OTALK_DIGEST_DELIVERY__FROM_ADDRESS: {_ONE_ADDRESS}"),
        ("DELIVERY__PROVIDER", "fax", "OTALK_DIGEST_DELIVERY__PROVIDER: 'fax' is none of: files, "),
    ],
)
def test_a_wrong_variable_is_named(path: Path, variable: str, value: str, message: str) -> None:
    assert message in refusal_of(path, **{variable: value})


def test_a_variable_does_not_hide_that_the_file_is_wrong(path: Path) -> None:
    message = refusal_of(path, "feed = 3\n", FEED__ADDRESS="blog.xml")

    assert message == f"{path}, line 1: feed: expected a table, got a whole number."


@pytest.mark.parametrize("value", ["key-from-environment", " key-from-environment\n"])
def test_secrets_come_from_the_environment(path: Path, value: str) -> None:
    settings = loaded(path, SENDGRID_API_KEY=value)

    assert settings.secret("SENDGRID_API_KEY") == "key-from-environment"
    assert settings.secret("SMTP_PASSWORD") is None


def test_secrets_come_from_a_file_that_the_environment_names(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("pass word\n", encoding="utf-8")

    settings = loaded(path, SMTP_PASSWORD_FILE=str(file))

    assert settings.secret("SMTP_PASSWORD") == "pass word"


def test_a_secret_file_that_cannot_be_read_is_named(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "nothing"

    message = refusal_of(path, SMTP_PASSWORD_FILE=str(file))

    assert message == (
        f"The file named in OTALK_DIGEST_SMTP_PASSWORD_FILE cannot be read: {file}. "
        "Name one that this account may read."
    )


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_secret_is_none(path: Path, empty: str) -> None:
    assert loaded(path, SENDGRID_API_KEY=empty).secret("SENDGRID_API_KEY") is None


def test_secrets_are_never_printed(path: Path) -> None:
    secrets = {"SENDGRID_API_KEY": "SG.tell-nobody", "STORE_PASSWORD": "hush"}
    settings = loaded(path, **secrets, SMTP_PASSWORD="swordfish")  # noqa: S106 - a fish
    assert settings.secret("STORE_PASSWORD") == "hush"

    for shown in (repr(settings), str(settings), f"{settings!r:>1000}", f"{[settings]}"):
        assert "SG.tell-nobody" not in shown
        assert "swordfish" not in shown
        assert "hush" not in shown


def test_paths_are_relative_to_the_settings_file(path: Path) -> None:
    assert loaded(path).database == path.parent / "otalk-digest.sqlite3"
    elsewhere = loaded(path, STORE__URL="sqlite:////var/lib/digest.sqlite3")
    assert elsewhere.database == Path("/var/lib/digest.sqlite3")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://digest@db.example.org/otalk",
        "postgresql://digest@db.example.org:5433/otalk?sslmode=verify-full",
        "postgresql:///otalk",
        "postgresql://digest@/otalk?host=/run/postgresql",
    ],
)
def test_the_store_may_be_on_a_server(path: Path, url: str) -> None:
    assert loaded(path, STORE__URL=url).database == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://digest:hush@db.example.org/otalk",
        "postgresql://db.example.org/otalk?user=digest&password=hush",
    ],
)
def test_a_password_in_the_address_of_the_store_is_refused_and_not_repeated(
    path: Path, url: str
) -> None:
    message = refusal_of(path, STORE__URL=url)

    assert "store.url: it holds a password" in message
    assert "OTALK_DIGEST_STORE_PASSWORD" in message
    assert "hush" not in message


def test_what_every_message_carries_has_defaults(path: Path) -> None:
    sender = loaded(path).sender()

    assert sender.from_name == "#OTalk digest"
    assert sender.reply_to == "team@example.org"
    assert sender.list_id == "digest.lists.example.org"


@pytest.mark.parametrize("key", ["digest.contact", "digest.postal_address", "digest.blog_url"])
def test_nothing_is_published_without_what_the_law_wants(path: Path, key: str) -> None:
    name = key.partition(".")[2]
    lines = [line for line in COMPLETE.splitlines() if not line.startswith(f"{name} ")]
    settings = loaded(path, "\n".join(lines))

    with pytest.raises(SettingsError, match=rf"{key} is not set, and every e-mail must carry it"):
        settings.publication()


def test_nothing_is_sent_without_a_sender(path: Path) -> None:
    settings = loaded(path, COMPLETE.replace("from_address", "# from_address"))

    with pytest.raises(SettingsError, match=r"delivery\.from_address is not set"):
        settings.sender()


@pytest.mark.parametrize("file", [starter_settings(), demo_file("otalk-digest.toml")])
def test_the_settings_that_we_ship_are_complete(file: Path) -> None:
    settings = load_settings(file, {})

    assert settings.publication().name == "#OTalk digest"
    assert settings.sender().from_address
    assert settings.chat.profile().zone == "Europe/London"


def test_what_the_starter_file_shows_as_default_is_the_default(path: Path) -> None:
    """Each `# key = value` line may be uncommented without changing anything but itself."""
    shown = starter_settings().read_text(encoding="utf-8")
    lines = [
        line.removeprefix("# ") if line.startswith("# ") and " = " in line else line
        for line in shown.splitlines()
    ]
    lines = [line for line in lines if not line.startswith('"Blog"')]

    uncommented = loaded(path, "\n".join(lines))

    as_shipped = load_settings(starter_settings(), {})
    assert uncommented.chat.profile() != as_shipped.chat.profile()  # join_url has no default
    assert uncommented.feed == as_shipped.feed
    assert uncommented.store == as_shipped.store

from pathlib import Path

from tests.maintainer import Folder, a_folder
from tests.sendgrid_server import UNKNOWN_SENDER, SendGridServer
from tests.weekly_job import a_job, by_sendgrid


def a_folder_with(path: Path, part: str, text: str) -> Folder:
    """A maintainer's folder with one file of the theme in a form of its own."""
    folder = a_folder(path)
    own = path / "templates" / "classic" / "parts" / part
    own.parent.mkdir(parents=True)
    own.write_text(text, encoding="utf-8")
    return folder


def test_the_bundled_theme_is_well(tmp_path: Path) -> None:
    assert "templates: ok" in a_folder(tmp_path).does("doctor").out


def test_a_template_that_breaks_in_a_rare_week_only_is_found_before_it_comes(
    tmp_path: Path,
) -> None:
    text = "\n{% if alerts[0].kind == 'postponed' %}\n{{ no_such_name }}\n{% endif %}\n"

    ended = a_folder_with(tmp_path, "alerts.html.j2", text).does("doctor")

    assert ended.status == 2
    assert "templates/classic/parts/alerts.html.j2, line 3: 'no_such_name'" in ended.out


def test_sendgrid_judges_a_sample_in_its_sandbox_and_nothing_is_sent(tmp_path: Path) -> None:
    with SendGridServer() as server:
        job = a_job(tmp_path / "job", feed="none.xml", delivery=by_sendgrid(server.url))
        well = job.does("doctor")
        server.always(UNKNOWN_SENDER)
        ill = job.does("doctor")

    assert "provider: ok" in well.out
    assert "does not know the sender address" in ill.out
    assert [each.body["mail_settings"] for each in server.sends] == [
        {"sandbox_mode": {"enable": True}}
    ] * 2
    assert server.mails == []

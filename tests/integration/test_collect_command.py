"""`collect --json` of a blog on the loopback: stdout is for a program."""

import json
from pathlib import Path

from click.testing import CliRunner, Result
from tests.feeds import SourcePost
from tests.http_server import running_site
from tests.wordpress import WordPress

from otalk_digest.cli.main import cli

CHAT = SourcePost(
    id=7, title="#OTalk 12th March 2024 – Kites", html="<p>Hosted by Wren Tarn (@wren_ot).</p>"
)


def collected(config: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["--config", str(config), "--now", "2024-03-08T09:00Z", "collect", "--json", *words]
    )


def test_json_of_any_look_is_news_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "otalk-digest.toml"
    with running_site() as site:
        WordPress(site=site, posts=[CHAT])
        config.write_text(
            f'[feed]\naddress = "{site.url("/")}"\nallow_private_addresses = true\n',
            encoding="utf-8",
        )

        looks = [collected(config), collected(config), collected(config, "--backfill")]

    assert [look.exit_code for look in looks] == [0, 0, 0]
    (line,) = looks[0].stdout.splitlines()
    assert json.loads(line)["kind"] == "announcement"
    assert [look.stdout for look in looks[1:]] == ["", ""]

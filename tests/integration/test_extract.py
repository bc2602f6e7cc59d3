"""`extract` of an address on the loopback: the settings say what may be fetched."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.feeds import SourcePost, rss2
from tests.http_server import answer, running_site

from otalk_digest.cli.main import cli

POST = SourcePost(id=7, title="#OTalk 12th March 2024 – Kites", html="<p>Bring string.</p>")


def extracted(folder: Path, settings: str | None) -> Result:
    config = folder / "otalk-digest.toml"
    if settings is not None:
        config.write_text(f'[feed]\naddress = "feed.xml"\n{settings}\n', encoding="utf-8")
    with running_site() as site:
        site.on("/feed/", answer(200, rss2([POST])))
        return CliRunner().invoke(cli, ["--config", str(config), "extract", site.url("/feed/")])


def test_a_private_address_is_read_when_the_settings_allow_it(tmp_path: Path) -> None:
    result = extracted(tmp_path, "allow_private_addresses = true")

    assert result.exit_code == 0, result.output
    assert "topic: Kites" in result.output


@pytest.mark.parametrize("settings", [None, "", "allow_private_addresses = true\nmax_bytes = 1000"])
def test_what_the_settings_do_not_allow_is_not_read(tmp_path: Path, settings: str | None) -> None:
    result = extracted(tmp_path, settings)

    assert result.exit_code != 0
    assert "Kites" not in result.output

"""What whoever watches over the site is told, over real HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.archive_site import METRICS_TOKEN, Site, a_site
from tests.maintainer import Folder


@pytest.fixture(scope="module")
def site(after_two_editions: Folder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = after_two_editions.copied(tmp_path_factory.mktemp("health") / "mine")
    with a_site(folder) as site:
        yield site


def local(site: Site) -> dict[str, str]:
    return {"Host": site.web.base_url.netloc.decode()}


def test_this_machine_reads_how_much_there_is_and_never_who(site: Site) -> None:
    answer = site.web.get("/metrics", headers=local(site))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for line in (
        'otalk_digest_editions{kind="digest"} 2',
        'otalk_digest_editions{kind="letter"} 0',
        'otalk_digest_deliveries{status="accepted"} 10',
        "otalk_digest_deliveries_in_doubt 0",
        'otalk_digest_subscribers{consent="confirmed"} 5',
        'otalk_digest_subscribers{consent="pending"} 1',
        "otalk_digest_events_waiting 0",
        "otalk_digest_last_edition_completed_timestamp_seconds 1794387600",
        "otalk_digest_last_collected_timestamp_seconds 1794387600",
    ):
        assert line in lines
    assert "@" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "digest.otalk.example"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "digest.otalk.example", "Authorization": "Bearer"},
        {"Host": "digest.otalk.example", "Authorization": "Bearer sesame"},
    ],
)
def test_strangers_find_no_figures(site: Site, headers: dict[str, str]) -> None:
    assert site.web.get("/metrics", headers={**local(site), **headers}).status_code == 404


def test_a_token_opens_them_from_elsewhere(site: Site) -> None:
    token = {"Authorization": f"Bearer {METRICS_TOKEN}"}

    assert site.web.get("/metrics", headers=token).status_code == 200


def test_strangers_learn_in_one_word_whether_it_is_well(own_site: Site) -> None:
    well = own_site.web.get("/health")
    Path(own_site.folder.database).write_bytes(b"not a database" * 1_000)
    for rest in ("-wal", "-shm"):
        Path(f"{own_site.folder.database}{rest}").unlink(missing_ok=True)
    own_site.desk.store.close()

    unwell = own_site.web.get("/health")

    assert (well.status_code, well.text) == (200, "well\n")
    assert (unwell.status_code, unwell.text) == (503, "unwell\n")


def test_a_database_that_may_only_be_read_is_not_well(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions do not bind root, so the system's answer is put into its mouth."""
    database = Path(own_site.folder.database)
    monkeypatch.setattr("os.access", lambda path, mode: (path, mode) != (database, os.W_OK))

    unwell = own_site.web.get("/health")

    assert (unwell.status_code, unwell.text) == (503, "unwell\n")
    assert own_site.web.get("/archive").status_code == 200

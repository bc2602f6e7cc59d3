from pathlib import Path

import pytest
from tests.messages import a_batch, a_recipient, a_variant, parsed

from otalk_digest.delivery.providers.files import FilesProvider
from otalk_digest.errors import ProviderUnavailableError
from otalk_digest.model.delivery import OutcomeKind


def test_a_delivery_is_a_file_that_names_nobody(tmp_path: Path) -> None:
    FilesProvider(tmp_path).send(a_batch(a_recipient(1), a_recipient(2)))

    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert found == ["edition-7/weekly-key-1.eml", "edition-7/weekly-key-2.eml"]
    message = parsed((tmp_path / found[0]).read_bytes())
    assert message["To"].addresses[0].addr_spec == "reader1@reader.example"


def test_sending_again_writes_the_same_file_again(tmp_path: Path) -> None:
    provider = FilesProvider(tmp_path)
    path = tmp_path / "edition-7" / "weekly-key-1.eml"
    provider.send(a_batch(a_recipient()))
    before = path.read_bytes()

    provider.send(a_batch(a_recipient(), attempt_key="try-2"))

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_draft_left_by_a_kill_is_not_a_message_and_is_replaced(tmp_path: Path) -> None:
    draft = tmp_path / "edition-7" / "weekly-key-1.tmp"
    draft.parent.mkdir()
    draft.write_bytes(b"half a mess")

    FilesProvider(tmp_path).send(a_batch(a_recipient()))

    assert not draft.exists()
    assert parsed(draft.with_suffix(".eml").read_bytes())["Message-ID"]


def test_a_segment_with_an_odd_name_stays_inside_the_folder(tmp_path: Path) -> None:
    variant = a_variant(segment="../../Abroad & away")

    FilesProvider(tmp_path / "out").send(a_batch(a_recipient(), variant=variant))

    (path,) = tmp_path.rglob("*.eml")
    assert path.parent == tmp_path / "out" / "edition-7"


def test_a_key_that_is_no_file_name_is_our_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="delivery key"):
        FilesProvider(tmp_path).send(a_batch(a_recipient(key="../../etc")))

    assert list(tmp_path.rglob("*.eml")) == []


def test_a_place_that_is_no_folder_is_unavailable_and_named(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    provider = FilesProvider(blocked)

    with pytest.raises(ProviderUnavailableError, match="a-file"):
        provider.send(a_batch(a_recipient()))
    (fault,) = provider.check()

    assert "a-file" in fault


def test_an_address_that_no_message_can_hold_is_rejected_and_the_others_written(
    tmp_path: Path,
) -> None:
    bad = a_recipient(1, address="nobody at all")

    outcomes = FilesProvider(tmp_path).send(a_batch(bad, a_recipient(2)))

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.REJECTED, OutcomeKind.ACCEPTED]


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    assert FilesProvider(tmp_path / "out").check() == ()

    assert list((tmp_path / "out").iterdir()) == []

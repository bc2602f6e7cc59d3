"""Who may ask the preview, and what a mail in it can do: nothing."""

import re
from collections.abc import Iterator

import httpx
import pytest
from tests.maintainer import Folder
from tests.preview_site import TOKEN, Preview, form_key, previewing

HOSTILE = ("script-in-title", "template-marks", "provider-tags", "huge-post", "bad-addresses")
DEEDS = ("note", "item", "reading", "approve", "hold", "test", "links")


@pytest.fixture(scope="module")
def folder(after_two_weeks: Folder, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return after_two_weeks.copied(tmp_path_factory.mktemp("preview") / "mine")


@pytest.fixture(scope="module")
def preview(folder: Folder) -> Iterator[Preview]:
    with previewing(folder) as preview:
        yield preview


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """Return directive → sources."""
    (policy,) = answer.headers.get_list("content-security-policy")
    pairs = (directive.strip().partition(" ") for directive in policy.split(";"))
    return {name: sources for name, _, sources in pairs}


@pytest.mark.parametrize(
    "path",
    ["/", "/wrong/", f"/{TOKEN}", f"/{TOKEN}x/", f"/x{TOKEN}/", "/wrong/frame", "/etc/passwd"],
)
def test_without_the_token_there_is_nothing(preview: Preview, path: str) -> None:
    assert preview.web.get(path).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", ""])
def test_another_host_name_is_refused(preview: Preview, host: str) -> None:
    # DNS rebinding: a page elsewhere may make a browser ask us under its own name.
    assert preview.web.get(preview.base, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_gets_nothing_but_a_link_may_be_followed(
    preview: Preview, site: str
) -> None:
    held = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": "iframe"}
    followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": "document"}

    assert preview.web.get(preview.base, headers=held).status_code == 403
    assert preview.web.get(preview.base, headers=followed).status_code == 200


@pytest.mark.parametrize("path", ["", "frame", "mail.eml", "static/preview.css", "nothing"])
def test_every_answer_says_how_it_may_be_used(preview: Preview, path: str) -> None:
    answer = preview.get(path)

    assert policy_of(answer)["default-src"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_loads_our_own_files_only_and_stands_in_no_frame(preview: Preview) -> None:
    policy = policy_of(preview.get())

    assert {sources for name, sources in policy.items() if name.endswith("-src")} <= {
        "'self'",
        "'none'",
    }
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_stands_in_a_frame_that_can_run_and_fetch_nothing(
    preview: Preview, name: str
) -> None:
    edition = f"fixture:{name}"
    policy = policy_of(preview.get("frame", edition=edition))
    frames = re.findall(r"<iframe[^>]*>", preview.get("", edition=edition).text)

    assert policy["sandbox"] == ""
    assert (policy["default-src"], policy["img-src"]) == ("'none'", "https://blog.otalk.example")
    assert frames
    for frame in frames:
        assert re.search(r'\ssandbox(=""|\s)', frame)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("panel", ["text", "source", "links", "findings", "headers", "edit"])
def test_a_hostile_mail_leaves_no_tag_in_a_page(preview: Preview, name: str, panel: str) -> None:
    page = preview.get("", edition=f"fixture:{name}", panel=panel).text

    scripts = re.findall(r"<script[^>]*>", page)
    assert len(scripts) == 1
    assert f'src="/{TOKEN}/static/preview.js"' in scripts[0]
    assert "<img" not in page


def test_pictures_come_from_our_own_hosts_only_and_not_at_all_when_off(folder: Folder) -> None:
    settings = folder.path / "otalk-digest.toml"
    before = settings.read_text(encoding="utf-8")
    web = '\n[web]\nbase_url = "https://digest.otalk.example/list"\n'
    settings.write_text(before + web, encoding="utf-8")
    try:
        with previewing(folder) as preview:
            on = policy_of(preview.get("frame"))
            off = policy_of(preview.get("frame", images="off"))
    finally:
        settings.write_text(before, encoding="utf-8")

    hosts = "https://blog.otalk.example https://digest.otalk.example"
    assert (on["img-src"], off["img-src"]) == (hosts, "'none'")


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8000"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_a_form_of_another_page_is_refused(
    preview: Preview, deed: str, headers: dict[str, str]
) -> None:
    key = form_key(preview.get().text)

    answer = preview.web.post(f"{preview.base}{deed}", data={"form_key": key}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize("key", ["", "wrong", "é"])
def test_a_form_without_its_key_is_refused(preview: Preview, key: str) -> None:
    given = {"form_key": key, "note": "Mine", "by": "Mallory"}
    answer = preview.web.post(f"{preview.base}note", data=given, headers=preview.origin)

    assert answer.status_code == 403
    assert "Mallory" not in preview.page(panel="edit")


def test_a_form_is_no_longer_than_ours(preview: Preview) -> None:
    given = {"form_key": form_key(preview.get().text), "note": "x" * 70_000}
    answer = preview.web.post(f"{preview.base}note", data=given, headers=preview.origin)

    assert answer.status_code == 413


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_done_by_following_a_link(preview: Preview, deed: str) -> None:
    assert preview.web.get(f"{preview.base}{deed}").status_code == 405


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "app.py", "none.css", ".css"])
def test_static_files_are_our_own_only(preview: Preview, name: str) -> None:
    assert preview.web.get(f"{preview.base}static/{name}").status_code == 404

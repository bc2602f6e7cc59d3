import io
import json
import runpy
import tarfile
from pathlib import Path
from typing import Any, Final

from otalk_digest.check.caniemail import FILE

SCRIPT: Final = Path(__file__).parents[3] / "tools" / "refresh_caniemail.py"
TOOL: Final = runpy.run_path(str(SCRIPT))


def a_feature(slug: str, category: str = "css", **stats: object) -> dict[str, Any]:
    return {
        "slug": slug,
        "title": slug.removeprefix("css-"),
        "category": category,
        "stats": stats,
    }


def a_package(*features: dict[str, Any]) -> bytes:
    published = {"last_update_date": "2031-03-04 05:06:07 +0000", "data": list(features)}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as package:
        for name, content in (
            ("package.json", {"version": "9.8.7"}),
            ("data/caniemail.json", published),
        ):
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            package.addfile(member, io.BytesIO(data))
    return archive.getvalue()


def test_a_package_becomes_what_our_programs_lack() -> None:
    facts = TOOL["from_archive"](
        a_package(
            a_feature("css-tilt", gmail={"ios": {"2020-01": "y", "2021-01": "n #1"}}),
            a_feature("css-glow", outlook={"windows": {"2007": "a #2", "2019": "n"}}),
            a_feature("css-known", gmail={"ios": {"2020-01": "n", "2021-01": "y"}}),
            a_feature("css-elsewhere", hey={"desktop-webmail": {"2020-01": "n"}}),
            a_feature("amp", "others", gmail={"ios": {"2020-01": "n"}}),
        )
    )

    assert (facts["version"], facts["date"]) == ("9.8.7", "2031-03-04")
    assert facts["features"] == {
        "css-glow": {"title": "glow", "support": "nuuuuuuuuuuuuuu"},
        "css-tilt": {"title": "tilt", "support": "uuuuuunuuuuuuuu"},
    }


def test_the_same_package_gives_the_same_bytes() -> None:
    package = a_package(
        a_feature("css-tilt", gmail={"ios": {"2021-01": "n"}}),
        a_feature("css-glow", gmail={"ios": {"2021-01": "n"}}),
    )

    first = TOOL["as_text"](TOOL["from_archive"](package))

    assert first == TOOL["as_text"](TOOL["from_archive"](package))
    assert json.loads(first) == TOOL["from_archive"](package)


def test_the_file_we_ship_is_written_by_the_script() -> None:
    text = FILE.read_text(encoding="utf-8")

    assert TOOL["as_text"](json.loads(text)) == text
    assert list(json.loads(text)["clients"]) == list(TOOL["CLIENTS"])

"""Make src/otalk_digest/check/caniemail.json anew: `python tools/refresh_caniemail.py 2.0.2`.

Run by hand when caniemail has news; look at the difference, then run the tests. Needs npm,
which knows where packages come from. The same version gives the same bytes.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parents[1] / "src" / "otalk_digest" / "check" / "caniemail.json"
PACKAGE: Final = "caniemail"
#: The mail programs that EMAIL rules name, as caniemail calls them, and as we do. Windows
#: Mail is left out: it can no longer be opened.
CLIENTS: Final[Mapping[str, str]] = {
    "outlook.windows": "Outlook for Windows, classic",
    "outlook.outlook-com": "Outlook.com and new Outlook",
    "outlook.macos": "Outlook for Mac",
    "outlook.ios": "Outlook for iPhone",
    "outlook.android": "Outlook for Android",
    "gmail.desktop-webmail": "Gmail in a browser",
    "gmail.ios": "Gmail for iPhone",
    "gmail.android": "Gmail for Android",
    "gmail.mobile-webmail": "Gmail in a phone's browser",
    "apple-mail.macos": "Apple Mail on a Mac",
    "apple-mail.ios": "Apple Mail on an iPhone",
    "yahoo.desktop-webmail": "Yahoo in a browser",
    "yahoo.ios": "Yahoo for iPhone",
    "yahoo.android": "Yahoo for Android",
    "samsung-email.android": "Samsung Email",
}
LICENCE: Final = (
    "Facts from Can I email (caniemail.com), MIT License, Copyright (c) 2019 HTeuMeuLeu; taken "
    "from the npm package caniemail, MIT License, Copyright (c) Avi Goldman, Copyright (c) "
    "Andrew Powell. The terms stand in docs/licences.md."
)
#: What a page is made of; the rest is about headers and formats of mail.
_CATEGORIES: Final = frozenset({"css", "html", "image"})


def facts(published: Mapping[str, Any], *, version: str) -> dict[str, Any]:
    """Keep what one of our mail programs lacks: one letter a program, in their order."""
    letters = {
        feature["slug"]: {"title": feature["title"], "support": _letters(feature["stats"])}
        for feature in published["data"]
        if feature["category"] in _CATEGORIES
    }
    return {
        "version": version,
        "date": published["last_update_date"][:10],
        "licence": LICENCE,
        "clients": dict(CLIENTS),
        "features": {
            slug: fact for slug, fact in sorted(letters.items()) if "n" in fact["support"]
        },
    }


def from_archive(archive: bytes) -> dict[str, Any]:
    """Read a package as npm packs it."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as package:
        about = _member(package, "package/package.json")
        return facts(_member(package, "package/data/caniemail.json"), version=about["version"])


def as_text(found: Mapping[str, Any]) -> str:
    """Write one feature a line, so that a difference can be read."""
    rows = [
        f"    {json.dumps(slug)}: {json.dumps(fact)}" for slug, fact in found["features"].items()
    ]
    head = json.dumps({**found, "features": {}}, indent=2, ensure_ascii=False)
    return head.replace('"features": {}', '"features": {\n' + ",\n".join(rows) + "\n  }") + "\n"


def main(arguments: list[str]) -> int:
    """Fetch one version and write the facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="of the npm package, e.g. 2.0.2")
    version = parser.parse_args(arguments).version
    TARGET.write_text(as_text(from_archive(_packed(version))), encoding="utf-8", newline="\n")
    return 0


def _letters(stats: Mapping[str, Any]) -> str:
    """Give y, n, a (in part) or u (not known) for the newest version of each program."""
    return "".join(_letter(stats, *client.split(".")) for client in CLIENTS)


def _letter(stats: Mapping[str, Any], family: str, platform: str) -> str:
    versions = stats.get(family, {}).get(platform, {})
    # The newest is the last; "a #1 #2" names notes, which nobody needs here.
    return next(reversed(versions.values()), "u")[0]


def _member(package: tarfile.TarFile, name: str) -> dict[str, Any]:
    file = package.extractfile(name)
    if file is None:
        raise SystemExit(f"{name} is not a file of the package")
    found: dict[str, Any] = json.load(file)
    return found


def _packed(version: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603 - a person names the version
            ["npm", "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{version}"],  # noqa: S607 - wherever npm is
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        return archive.read_bytes()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

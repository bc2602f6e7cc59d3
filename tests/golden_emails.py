"""The e-mails in tests/data/emails: `PYTHONPATH=src python -m tests.golden_emails` writes them."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final

from tests.digests import (
    NOTE,
    a_cancellation,
    a_digest,
    a_full_week,
    a_move,
    a_notice,
    a_theme,
    a_trend,
    a_wrap_up,
    filled,
    news,
    rendered,
)

from otalk_digest.model.edition import Digest

FOLDER: Final = Path(__file__).parent / "data" / "emails"
#: The bundled themes, each with a folder of its own.
THEMES: Final = ("classic", "plain")


def golden_digests() -> Mapping[str, Digest]:
    """The digests that stand there, by name."""
    return {
        "full-week": a_full_week(),
        "alerts": a_digest(alerts=(a_cancellation(), a_move())),
        "notices": a_digest(notices=(a_notice(),)),
        "quiet": a_digest(wrap_ups=(a_wrap_up(),), trend=a_trend(298, 351, 286, 412)),
        "note": replace(a_digest(headline=news()), note=NOTE),
        "bare": a_digest(
            headline=news(starts_at=None, hosts=(), questions=(), introduction=None, url=None)
        ),
    }


def golden_files(digest: Digest, theme: str) -> Mapping[str, str]:
    """What one digest comes to, by the ending of its file."""
    variant = rendered(digest, theme=a_theme(theme))
    html, text = filled(variant, zone="Australia/Sydney")
    summary = f"Subject: {variant.subject}\nPreheader: {variant.preheader}\n\n{text}"
    return {"html": html, "txt": summary, "ics": variant.calendar or ""}


def main() -> None:
    """Write them all; look at the difference before you commit it."""
    for theme, (name, digest) in product(THEMES, golden_digests().items()):
        folder = FOLDER / theme
        folder.mkdir(parents=True, exist_ok=True)
        for ending, content in golden_files(digest, theme).items():
            if content:
                (folder / f"{name}.{ending}").write_text(content, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()

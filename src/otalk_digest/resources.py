"""Where the bundled themes and segments are: in the wheel, or at the top of a checkout."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent


def bundled(name: str) -> Path:
    """Return the folder `templates` or `subscribers` that came with the program."""
    installed = _PACKAGE / "bundled" / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name


def demo_file(name: str) -> Path:
    """Return a file of the invented blog that `demo` reads."""
    return _PACKAGE / "demo" / name


def cache_folder() -> Path | None:
    """Return where this account keeps what can be made again; None without a home."""
    # XDG Base Directory: a relative path is to be ignored.
    named = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "otalk-digest"


def starter_settings() -> Path:
    """Return the commented settings file that `init` copies."""
    return _PACKAGE / "starter.toml"

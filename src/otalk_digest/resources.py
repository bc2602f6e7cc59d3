"""Where the bundled themes and segments are: in the wheel, or at the top of a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def bundled(name: str) -> Path:
    """Return the folder `templates` or `subscribers` that came with the program."""
    installed = _PACKAGE / "bundled" / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name


def demo_file(name: str) -> Path:
    """Return a file of the invented blog that `demo` reads."""
    return _PACKAGE / "demo" / name


def starter_settings() -> Path:
    """Return the commented settings file that `init` copies."""
    return _PACKAGE / "starter.toml"

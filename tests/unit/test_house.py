"""The map of the house in docs/architecture.md, held against the imports as they are."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = SOURCE / "otalk_digest"
MODULES = sorted(PACKAGE.rglob("*.py"))

ROOMS = {"collect", "digest", "check", "audience", "delivery", "store"}
#: What everyone may stand on.
GROUND = {"model", "errors"}
#: Who may import what, besides itself and the ground.
MAY_IMPORT = {
    "model": set(),
    "errors": set(),
    "compiled": set(),
    "resources": set(),
    "logs": set(),
    "memory": set(),
    "spill": set(),
    "toml_file": set(),
    "settings": {"toml_file", "settings_tables"},
    "settings_tables": set(),
    "collect": set(),
    "digest": {"compiled", "memory"},
    "check": set(),
    "audience": {"toml_file", "spill"},
    "delivery": {"memory"},
    "store": {"spill"},
    "pipeline": {*ROOMS, "logs", "memory"},
    "web": {"pipeline", "compiled"},
    "workers": {"store", "pipeline", "logs"},
    # The public pages are a program of their own: they hold the store, as the command line does.
    "web/public": {"pipeline", "digest", "audience", "delivery", "store", "logs"},
    "cli": {
        *ROOMS,
        "pipeline",
        "web",
        "settings",
        "settings_tables",
        "workers",
        "logs",
        "memory",
        "resources",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
#: Each third-party library has one home; a package's own types may be named next door.
HOMES = {
    "alembic": {"store"},
    "click": {"cli"},
    "cryptography": {"delivery/dkim", "delivery/providers/sendgrid_signature"},
    "dns": {"cli/sender_domain"},
    "email_validator": {"audience/identity", "delivery/addresses"},
    "feedparser": {"collect/entries"},
    "idna": {"delivery/addresses"},
    "httpcore": {"collect/network", "collect/probe", "collect/transport"},
    "httpx": {
        *("collect/body", "collect/download", "collect/probe"),
        *("collect/refusals", "collect/transport"),
    },
    "icalendar": {"digest/agenda", "digest/calendar"},
    "jinja2": {"compiled", "digest/themes", "digest/templating", "web/preview/pages"},
    "lxml": {
        "check",
        *("collect/clean", "collect/discover", "collect/extract/markup", "collect/lines"),
        *("collect/page", "collect/prune"),
    },
    "markdown_it": {"digest/note"},
    "markupsafe": {"digest"},
    "msgspec": {"settings", "settings_tables", "toml_file", "audience/segments", "store/records"},
    "nh3": {"collect/clean"},
    "premailer": {"digest/inline"},
    "procrastinate": {"workers"},
    "psycopg": {"workers"},
    "python_http_client": {"delivery/providers"},
    "rich": {"cli/printing"},
    "sendgrid": {"delivery/providers"},
    "sqlalchemy": {"store", "pipeline", "web/public", "workers"},
    "starlette": {"web"},
    "structlog": {"logs"},
    "tinycss2": {"check/stylesheet"},
    "uvicorn": {"web"},
}
#: Modules that touch the world: network, disk, clock, chance. All others are handed values.
STARRED = {
    "check/caniemail",
    "compiled",
    "collect/body",
    "collect/download",
    "collect/fetch",
    "collect/network",
    "collect/probe",
    "collect/transport",
    "digest/templating",
    "digest/themes",
    "audience/refusals",
    "audience/segments",
    "delivery/providers",
    "store",
    "web",
    "cli",
    "settings",
    "logs",
    "memory",
    "resources",
    "spill",
    "toml_file",
    "workers",
}
WORLD = {
    "ctypes",
    "fcntl",
    "http.client",
    "os",
    "random",
    "secrets",
    "shutil",
    "signal",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "urllib.request",
}
CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.monotonic",
    "time.sleep",
    "time.time",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE).with_suffix(""))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module


def lies_in(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    name = name_of(path)
    room = name.split("/", 1)[0]
    rule = max((place for place in MAY_IMPORT if lies_in(name, {place})), key=len)
    allowed = {room, *GROUND, *MAY_IMPORT[rule]}

    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith("otalk_digest.")}

    assert ours <= allowed


def test_the_model_needs_the_standard_library_only() -> None:
    used = {
        name.split(".")[0] for path in (PACKAGE / "model").glob("*.py") for name in imports_of(path)
    }

    assert used - {"otalk_digest"} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_library_is_used_in_its_home_only(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports_of(path)}
    foreign = roots - sys.stdlib_module_names - {"otalk_digest"}

    strangers = {library for library in foreign if not lies_in(name_of(path), HOMES[library])}

    assert strangers == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_starred_modules_touch_the_world(path: Path) -> None:
    if lies_in(name_of(path), STARRED):
        return

    assert WORLD.isdisjoint(imports_of(path))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pure_modules_ask_no_clock(path: Path) -> None:
    if lies_in(name_of(path), STARRED):
        return
    asked = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }

    assert asked.isdisjoint(CLOCKS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_longer_than_two_would_be(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300

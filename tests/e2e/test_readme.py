"""Every command that the documents show is run as it is written."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from http import HTTPStatus
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/operations.md")
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "LANG": "C.UTF-8",
}


def shown_commands(document: str) -> list[str]:
    """Return the lines that begin with a prompt, in order."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(line: str, folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S602 - the line is our own document's
        line,
        shell=True,
        cwd=folder,
        env=ENVIRONMENT | extra,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the documents' commands leave behind or begin in."""
    folder = tmp_path_factory.mktemp("readme")
    assert run("otalk-digest demo", folder).returncode == 0
    return folder


def test_make_has_the_targets_that_the_documents_name() -> None:
    lines = [line for document in DOCUMENTS for line in shown_commands(document)]
    targets = {line.split()[1] for line in lines if line.startswith("make ")}

    assert targets == {"demo", "test"}
    for target in targets:
        assert run(f"make --dry-run {target}", ROOT).returncode == 0


def test_the_commands_of_the_readme_work_in_the_order_shown(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path
    shutil.copytree(demo / "demo", folder / "demo")
    feed = str(folder / "demo" / "blog.xml")
    shown = [line for line in shown_commands("README.md") if not line.startswith("make ")]
    ended = {}
    for line in shown:
        if line.startswith("otalk-digest init"):
            folder = tmp_path
        if line.startswith("cd "):
            folder /= line.split()[1]
        elif "preview" in line:
            ended[line] = preview_status(line, folder)
        else:
            # The one thing a newcomer must fill in is the address of their blog.
            ended[line] = run(at_noon(line), folder, OTALK_DIGEST_FEED__ADDRESS=feed).returncode

    assert len(ended) > 10
    assert {line: status for line, status in ended.items() if status} == {}


def test_the_commands_of_the_operations_guide_work(demo: Path) -> None:
    for line in shown_commands("docs/operations.md"):
        assert run(line, demo / "demo").returncode == 0, line


def test_every_command_of_the_program_is_in_the_readme() -> None:
    table = (ROOT / "README.md").read_text("utf-8")
    names = re.findall(r"^  ([a-z]+)  ", run("otalk-digest --help", ROOT).stdout, re.MULTILINE)

    assert len(names) > 10
    assert [name for name in names if f"`otalk-digest {name}" not in table] == []


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text("utf-8"))

    assert [link for link in links if not (ROOT / link).exists()] == []


def at_noon(line: str) -> str:
    """Return the command with a clock by which the invented blog is new."""
    if "--now" in line:
        return line
    return line.replace("otalk-digest ", "otalk-digest --now 2026-11-25T12:00Z ", 1)


def preview_status(line: str, folder: Path) -> int:
    """Start the preview, open its page, and stop it; return 0 when the page came."""
    with subprocess.Popen(
        ["otalk-digest", *line.split()[1:]],
        cwd=folder,
        env=ENVIRONMENT | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().split()[-1]
            with urllib.request.urlopen(address, timeout=120) as page:  # noqa: S310 - loopback
                return int(page.status != HTTPStatus.OK)
        finally:
            server.terminate()

"""The weekly run that finds nothing new, and `--help`, against a bare interpreter.

    .venv/bin/python benchmarks/cold_start.py

Ratios of CPU time in one run; the goals are those of docs/performance.md.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from processes import command, median_costs, print_table, python

ROOT = Path(__file__).parents[1]
SLOW = (
    *("feedparser", "premailer", "sendgrid", "alembic", "starlette", "uvicorn", "jinja2"),
    *("lxml", "tinycss2", "icalendar", "markdown_it", "sqlalchemy.dialects.postgresql"),
    "otalk_digest.check.message",
)
NOW = ("--now", "2026-11-25T09:00Z")


class Blog(BaseHTTPRequestHandler):
    """Answers 304 to whoever has the validator."""

    body = (ROOT / "src/otalk_digest/demo/blog-2.xml").read_bytes()

    def do_GET(self) -> None:
        """Answer with the feed, or with nothing new."""
        is_known = self.headers.get("If-None-Match") == '"one"'
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Type", "application/rss+xml; charset=UTF-8")
        self.send_header("Content-Length", "0" if is_known else str(len(self.body)))
        self.end_headers()
        if not is_known:
            self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay quiet."""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name, ThreadingHTTPServer(("127.0.0.1", 0), Blog) as blog:
        threading.Thread(target=blog.serve_forever, daemon=True).start()
        config = prepared(Path(name), blog.server_port)
        run = command("--config", str(config), *NOW, "run")
        costs = median_costs(
            {"pass": python("pass"), "--help": command("--help"), "nothing new": run}
        )
        loaded = modules_of(run)
        blog.shutdown()
    bare = costs["pass"].cpu_s
    help_ratio, run_ratio = costs["--help"].cpu_s / bare, costs["nothing new"].cpu_s / bare
    peak = costs["nothing new"].peak_mib
    print_table(
        [
            ("what", "reached", "goal", ""),
            ("--help, CPU ÷ python -c pass", f"{help_ratio:.1f}", "≤ 5", holds(help_ratio <= 5)),
            ("nothing new (304), the same", f"{run_ratio:.1f}", "≤ 45", holds(run_ratio <= 45)),
            ("nothing new, peak MiB", f"{peak:.0f}", "≤ 60", holds(peak <= 60)),
            ("slow libraries imported", " ".join(loaded) or "none", "none", holds(not loaded)),
        ]
    )
    if costs["nothing new"].status:
        sys.exit("the run failed: the figures mean nothing")


def prepared(folder: Path, port: int) -> Path:
    """Set up a store that has already seen the feed; return the settings."""
    config = folder / "otalk-digest.toml"
    settings = (ROOT / "src/otalk_digest/demo/otalk-digest.toml").read_text(encoding="utf-8")
    address = f'address = "http://127.0.0.1:{port}/feed/"\nallow_private_addresses = true'
    config.write_text(settings.replace('address = "blog.xml"', address), encoding="utf-8")
    shutil.copytree(ROOT / "subscribers", folder / "subscribers")
    example = folder / "subscribers/example.csv"
    for arguments in (("subscribers", "import", str(example)), (*NOW, "run")):
        subprocess.run(
            command("--config", str(config), *arguments), check=True, capture_output=True
        )
    return config


def modules_of(run: list[str]) -> list[str]:
    """Return which of the slow libraries a run imports."""
    code = (
        "import sys\n"
        "from otalk_digest.cli.main import main\n"
        f"try:\n    main({run[1:]!r})\n"
        "except SystemExit:\n"
        f"    print(*(name for name in {SLOW!r} if name in sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run(python(code), check=True, capture_output=True, text=True)
    return ended.stderr.split()


def holds(is_reached: bool) -> str:  # noqa: FBT001 - a table cell
    """Return the last cell of a row."""
    return "yes" if is_reached else "NO"


if __name__ == "__main__":
    main()

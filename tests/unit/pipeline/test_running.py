import subprocess
import sys

HEAVY = {
    *("cssutils", "feedparser", "httpx", "icalendar", "jinja2", "lxml", "nh3", "premailer"),
    *("python_http_client", "rich", "sendgrid", "tinycss2"),
}


def test_what_reads_renders_checks_and_sends_is_loaded_when_there_is_something_to() -> None:
    code = (
        "import sys; import otalk_digest.pipeline.running, otalk_digest.pipeline.pulling;"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"

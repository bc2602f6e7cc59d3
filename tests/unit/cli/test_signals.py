"""What a command makes of signals (R11)."""

import os
import signal
from pathlib import Path

import pytest

from otalk_digest.cli.app import App, ending_on_sigterm


def test_the_first_signal_to_a_command_that_stops_by_itself_does_not_cut_it_short() -> None:
    app = App(config=Path("otalk-digest.toml"))
    with app.stopping_on_sigterm():
        app.stop.set()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_serves_pages_can_be_ended_before_it_serves_any(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with pytest.raises(SystemExit) as ended, ending_on_sigterm():
        os.kill(os.getpid(), number)

    assert ended.value.code == 0
    assert signal.getsignal(number) is before

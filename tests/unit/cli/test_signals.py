"""What a command makes of signals (R11)."""

import os
import signal
from pathlib import Path

import pytest

from otalk_digest.cli.app import App


def test_the_first_signal_to_a_command_that_stops_by_itself_does_not_cut_it_short() -> None:
    app = App(config=Path("otalk-digest.toml"))
    with app.stopping_on_sigterm():
        app.stop.set()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)

"""Commands of a job in this process: the same code, without the time that each start costs."""

from dataclasses import dataclass

import click
from click.testing import CliRunner
from tests.weekly_job import WEEK_1, Ended, Job

from otalk_digest.cli.main import cli
from otalk_digest.errors import OtalkDigestError


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickJob(Job):
    """A maintainer's folder, in which commands cost no start."""

    def does(self, *words: str, now: str = WEEK_1) -> Ended:
        arguments = ["--config", str(self.folder / "otalk-digest.toml"), "--now", now, *words]
        result = CliRunner().invoke(cli, arguments, standalone_mode=False)
        error = result.exception
        if isinstance(error, OtalkDigestError):
            return Ended(status=error.exit_status, out=result.stdout, err=str(error))
        if isinstance(error, click.ClickException):
            return Ended(status=error.exit_code, out=result.stdout, err=error.format_message())
        if error is not None:
            raise error
        return Ended(status=result.return_value or 0, out=result.stdout, err=result.stderr)

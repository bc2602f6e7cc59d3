"""The errors that stop a stage, each with its exit status.

A refused recipient is data (`model.delivery.Outcome`); a stage that cannot go on is one of these:

    OtalkDigestError                 1
    ├── SettingsError                2   settings, segments or arguments are wrong
    │   └── TemplateError            2   a theme is broken; names file and line
    ├── InputError                   2   a file that we were given cannot be used
    ├── CheckFailedError             5   a must-rule fails: nothing is sent
    ├── ProviderRefusedError         6   key, scope or credits: nothing marked failed
    ├── StoreError                   7   the store cannot be used
    └── TryAgainError               75   the same command may work later
        ├── FeedError               75   the feed cannot be read now
        ├── ProviderUnavailableError 75  nothing of this batch was accepted
        └── BusyError               75   another run holds the lease

`ProviderUncertainError` stops no stage: it tells the dispatcher that a batch is in doubt.
Statuses 3 (some refused) and 4 (some in doubt) are results, not errors: see `model.report`.
"""

from typing import ClassVar


class OtalkDigestError(Exception):
    """Something stopped a stage; the text says what, where, and what to do next."""

    exit_status: ClassVar[int] = 1


class SettingsError(OtalkDigestError):
    """The settings, the segments or the arguments are wrong."""

    exit_status = 2


class TemplateError(SettingsError):
    """A theme cannot be rendered; the text names file and line."""


class InputError(OtalkDigestError):
    """A file that we were given cannot be used at all."""

    exit_status = 2


class CheckFailedError(OtalkDigestError):
    """A message breaks a rule that it must keep; nothing was sent."""

    exit_status = 5


class ProviderRefusedError(OtalkDigestError):
    """The provider refuses us, not a recipient: key, scope or credits. All stays planned."""

    exit_status = 6


class StoreError(OtalkDigestError):
    """The store is full, read-only, corrupt, locked, or written by a newer version."""

    exit_status = 7


class TryAgainError(OtalkDigestError):
    """Nothing is wrong with us: the same command may work later."""

    exit_status = 75


class FeedError(TryAgainError):
    """The feed is down, has moved, or is not a feed."""


class ProviderUnavailableError(TryAgainError):
    """It is certain that nothing of the batch was accepted."""


class BusyError(TryAgainError):
    """Another run is at work on the same store."""


class ProviderUncertainError(OtalkDigestError):
    """The batch may or may not have been accepted: every delivery of it is in doubt."""

    exit_status = 4

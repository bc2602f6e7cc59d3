"""What is in doubt, before a run sends anything: evidence first, then the policy (R4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from otalk_digest.logs import log_event
from otalk_digest.store import events, settlements
from otalk_digest.store.database import Store

#: Stands for a person in the books.
_BY_SETTINGS = "the settings"


class InDoubt(StrEnum):
    """What to do when nobody can tell whether a mail has arrived."""

    #: Listed, for a person to decide.
    HOLD = "hold"
    #: Rather twice than not at all.
    RESEND = "resend"
    #: Rather not at all than twice.
    ASSUME_SENT = "assume_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the settings say about readers whom nobody can tell enough of."""

    in_doubt: InDoubt = InDoubt.HOLD
    #: Evidence may still come: SendGrid posts its events for a day.
    after: timedelta = timedelta(hours=24)
    #: Editions in a row that did not arrive, after which a reader is suppressed.
    soft_bounces: int = 3
    #: A server that puts a reader off (SMTP 4xx) is asked again by each run, for so long.
    patience: timedelta = timedelta(days=5)


def settle_doubts(store: Store, policy: Policy, *, now: datetime) -> int:
    """Apply stored events, then the policy; return how many deliveries the policy settled.

    Only the holder of the lease may call this.
    """
    with store.begin() as connection:
        events.apply_events(connection, now=now)
        events.suppress_soft_bounces(connection, in_a_row=policy.soft_bounces, now=now)
        if policy.in_doubt is InDoubt.HOLD:
            return 0
        count = settlements.settle(
            connection,
            None,
            resend=policy.in_doubt is InDoubt.RESEND,
            by=_BY_SETTINGS,
            before=now - policy.after,
            now=now,
        )
    if count:
        log_event("doubts_settled", how=str(policy.in_doubt), deliveries=count)
    return count

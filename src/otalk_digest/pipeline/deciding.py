"""What a maintainer does from the preview besides editing: put a reading right, send a test."""

from collections.abc import Mapping

from otalk_digest.errors import InputError
from otalk_digest.model.delivery import OutcomeKind
from otalk_digest.pipeline.overruling import carry_out, readable, rule
from otalk_digest.pipeline.previewing import Desk, Scene
from otalk_digest.pipeline.proofing import ProofReader, test_batches
from otalk_digest.pipeline.reviewing import findings_of

__all__ = ["findings_of", "put_right", "send_test"]


def put_right(desk: Desk, guid: str, words: Mapping[str, str], *, by: str) -> str:
    """Overrule what differs from what is read now, and say what that changed.

    Raises InputError when a field or a value is none, BusyError when a run is at work.
    """
    profile = desk.press.profile
    with desk.store.lease(), desk.store.begin() as connection:
        now_read = {field.field: field.value for field in readable(connection, guid, profile)}
        if not now_read:
            raise InputError("That is no chat that we know. Load the page again.")
        changed = {name: text for name, text in words.items() if text.strip() != now_read.get(name)}
        if not changed:
            return "Nothing was changed: every field is as it was."
        ruling = rule(guid, changed, profile, by=by, now=desk.clock())
        followed = carry_out(connection, ruling, profile)
    fields = ", ".join(changed)
    news = ", ".join(item.kind for item in followed.news)
    return f"Set by hand: {fields}." + (f" This is news: {news}." if news else "")


def send_test(desk: Desk, scene: Scene) -> str:
    """Send what the scene shows to the one address of the settings.

    Raises InputError when they name none, ProviderError when it cannot be sent.
    """
    if desk.test_to is None:
        raise InputError(
            'The settings name no address for tests. Write test_to = "you@example.org" under '
            "[preview], with your own address."
        )
    if scene.edition is None:
        raise InputError("There is no mail to send.")
    shown = scene.persona.reader
    reader = ProofReader(address=desk.test_to, name=shown.name, zone=shown.zone)
    provider = desk.make_provider()
    try:
        outcomes = [
            outcome
            for batch in test_batches(desk.store, scene.edition, desk.post, reader)
            for outcome in provider.send(batch)
        ]
    finally:
        provider.close()
    refused = [outcome for outcome in outcomes if outcome.kind is not OutcomeKind.ACCEPTED]
    if refused:
        return f"The test was not sent: {refused[0].diagnostic or refused[0].kind}."
    return f"The test is on its way, through {provider.name}: subject [TEST], no link of it acts."

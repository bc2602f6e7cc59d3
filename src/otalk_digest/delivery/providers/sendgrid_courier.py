"""One batch brought to its end: as many requests as it takes to find who is refused."""

from collections import deque
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from otalk_digest.delivery.providers.sendgrid_answer import PROMISED, Meaning, meaning, reason
from otalk_digest.delivery.providers.sendgrid_books import Books
from otalk_digest.delivery.providers.sendgrid_isolation import (
    Chunk,
    chunks,
    is_shared_fault,
    isolate,
)
from otalk_digest.delivery.providers.sendgrid_post import Poster
from otalk_digest.delivery.providers.sendgrid_request import encode_request, faults
from otalk_digest.errors import OtalkDigestError, SettingsError
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch

#: Requests for one batch, after which the readers who are left wait for the next run.
_MOST_REQUESTS: Final = 200
_ALL_REFUSED: Final = (
    "SendGrid refuses what all readers share ({}), so nothing was sent:"
    " check the sender, the subject and the content."
)


def send_batch(batch: Batch, poster: Poster, *, group: int | None) -> Sequence[Outcome]:
    """Return one outcome per recipient; raises, as `Poster.post`, while no reader is decided."""
    books = Books(batch)
    for recipient, why in faults(batch.recipients):
        books.leave_out(recipient, why)
    queue = deque(chunks(books.undecided()))
    for _ in range(_MOST_REQUESTS):
        if not queue:
            break
        if _is_due(batch, poster):
            books.stop("the fence of the batch ran out before all readers had an answer")
            break
        chunk = queue.popleft()
        try:
            body = encode_request(batch, chunk, group=group)
            queue.extendleft(reversed(_ask_for(batch, chunk, books, body=body, poster=poster)))
        except OtalkDigestError as error:
            if not books.can_hold(chunk, error):
                raise
            books.break_off(chunk, error)
            break
    return books.in_order()


def _is_due(batch: Batch, poster: Poster) -> bool:
    """Whether what is sent now could not be called back any more."""
    if batch.fence is None or poster.said_at is None:
        return False
    return poster.said_at > batch.fence.send_at - PROMISED


def _ask_for(
    batch: Batch, chunk: Chunk, books: Books, *, body: bytes, poster: Poster
) -> Sequence[Chunk]:
    """Return what to ask for next, in place of a chunk that was refused."""
    jitter_s = crc32(batch.attempt_key.encode()) % 1000 / 1e3
    answer = poster.post(body, jitter_s=jitter_s)
    if meaning(answer.status) is Meaning.ACCEPTED:
        books.accept(chunk, answer.headers.get("x-message-id"))
        return ()
    if is_shared_fault(answer):
        raise SettingsError(_ALL_REFUSED.format(reason(answer)))
    found = isolate(chunk, answer)
    books.refuse(found.refused)
    if books.is_everyone_refused_alike():
        books.take_back_refusals()
        raise SettingsError(_ALL_REFUSED.format(reason(answer)))
    return found.again

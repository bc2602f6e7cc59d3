"""Two readings of one chat made into one. Pure.

The chat's own post is the truth, with three exceptions: an excerpt knows less than the whole
post, and says something new by another title only; a block that was there once is not unsaid by a
version without one; and another post of the same chat (its transcript, a second copy) only fills
what is missing, so that two posts that differ never take turns.
"""

from dataclasses import replace

from otalk_digest.model.chat import NUMBER_NAMES, Flag, Numbers, Reading

_OF_WHEN = (Flag.CHECK_DATE, Flag.DATE_CORRECTED, Flag.DEFAULT_TIME)
_OF_ALL = (Flag.SUMMARY_ONLY, Flag.OVERRULED)


def merge_readings(known: Reading, new: Reading, *, is_own: bool, is_summary: bool) -> Reading:
    """Return the newest reading with what only the known one can know."""
    is_known_whole = Flag.SUMMARY_ONLY not in known.flags
    if is_own and is_summary and is_known_whole and _is_same_sort(known, new):
        return _with_excerpt(known, new)
    if new.is_transcript_post:
        return _with_transcript(known, new, is_own=is_own)
    if known.is_transcript_post:
        # T15: the announcement of a chat whose transcript is another post.
        merged = _filled(new, known)
        return merged if is_own else _with_results(merged, known)
    if not is_own:
        return _filled(known, new)
    if is_summary:
        return _filled(new, known)
    if known.is_wrapped_up and not new.is_wrapped_up:
        return _with_results(new, known)
    return new


def _is_same_sort(one: Reading, other: Reading) -> bool:
    return one.is_transcript_post is other.is_transcript_post


def _with_excerpt(whole: Reading, excerpt: Reading) -> Reading:
    """Return what the whole post said; 55 words without their lines cannot unsay it (F4, F23).

    A title always comes whole: with another one come its topic, its day and its "cancelled".
    """
    kept = _filled(whole, excerpt)
    if excerpt.title == whole.title:
        return replace(
            kept,
            is_cancelled=whole.is_cancelled or excerpt.is_cancelled,
            is_postponed=whole.is_postponed or excerpt.is_postponed,
        )
    retitled = _filled(excerpt, whole)
    return replace(
        kept,
        title=retitled.title,
        topic=retitled.topic,
        starts_at=retitled.starts_at,
        ends_at=retitled.ends_at,
        is_cancelled=excerpt.is_cancelled,
        is_postponed=excerpt.is_postponed,
        flags=_flags(whole, when=retitled, people=kept),
    )


def _with_transcript(known: Reading, transcript: Reading, *, is_own: bool) -> Reading:
    """Add what a transcript post says to the chat that it belongs to (T15)."""
    if is_own and known.title == transcript.title:
        return _filled(transcript, known)
    merged = _filled(known, transcript)
    return _with_results(merged, transcript) if is_own else merged


def _with_results(base: Reading, results: Reading) -> Reading:
    """Return the first reading with the wrap-up of the second, as far as that has one."""
    return replace(
        base,
        transcript_url=results.transcript_url or base.transcript_url,
        numbers=_numbers(results.numbers, base.numbers),
        support=base.support or results.support,
        cpd=results.cpd or base.cpd,
        is_wrapped_up=base.is_wrapped_up or results.is_wrapped_up,
    )


def _filled(base: Reading, extra: Reading) -> Reading:
    """Return the first reading with its gaps filled from the second."""
    is_host_known = base.hosts and Flag.FALLBACK_HOST not in base.flags
    people = base if is_host_known or not extra.hosts else extra
    when = extra if _knows_when_better(extra, base) else base
    return replace(
        base,
        topic=base.topic if base.topic != base.title else extra.topic,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        hosts=people.hosts,
        support=base.support or extra.support,
        introduction=base.introduction or extra.introduction,
        questions=base.questions or extra.questions,
        transcript_url=base.transcript_url or extra.transcript_url,
        numbers=_numbers(base.numbers, extra.numbers),
        is_wrapped_up=base.is_wrapped_up or extra.is_wrapped_up,
        is_transcript_post=base.is_transcript_post or extra.is_transcript_post,
        cpd=base.cpd or extra.cpd,
        flags=_flags(base, when=when, people=people),
    )


def _knows_when_better(extra: Reading, base: Reading) -> bool:
    """Whether the second reading's day or hour is surer; under one title, the day is one."""
    if extra.starts_at is None:
        return False
    if base.starts_at is None:
        return True
    is_same_day = base.starts_at.date() == extra.starts_at.date()
    if is_same_day or base.title == extra.title:
        return _doubts(extra) < _doubts(base)
    return False


def _doubts(reading: Reading) -> int:
    return sum(flag in (Flag.CHECK_DATE, Flag.DEFAULT_TIME) for flag in reading.flags)


def _numbers(base: Numbers, extra: Numbers) -> Numbers:
    return Numbers(**{name: getattr(base, name) or getattr(extra, name) for name in NUMBER_NAMES})


def _flags(base: Reading, *, when: Reading, people: Reading) -> tuple[Flag, ...]:
    """Each flag comes with the fact that it is about."""
    flags = [flag for flag in when.flags if flag in _OF_WHEN]
    flags += [flag for flag in people.flags if flag is Flag.FALLBACK_HOST]
    flags += [flag for flag in base.flags if flag in _OF_ALL]
    return tuple(flags)

"""What is on show: scenes made when asked for, kept until something changes.

A theme or a settings file that is broken takes nothing away: the last good scene stays, with
the fault above it.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

from otalk_digest.errors import OtalkDigestError
from otalk_digest.pipeline import previewing, reviewing
from otalk_digest.pipeline.previewing import Choice, Desk, Scene
from otalk_digest.pipeline.reviewing import Found, Review
from otalk_digest.web.preview.view import Fault

#: More than anybody has open; each holds a few hundred kilobytes.
_MOST_SCENES: Final = 48
#: A notice outlasts the reload that its own deed causes.
_NOTICE_S: Final = 10.0
_PLACE: Final = re.compile(r"(?:^|: )(?P<file>/?[^:]+?), line (?P<line>\d+): ")

OpenDesk = Callable[[], Desk]
#: What changes whenever anything does that a page may show.
Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A scene, and what is wrong now if it is an older one."""

    scene: Scene | None
    fault: Fault | None = None


class Gallery:
    """The scenes of one run of the preview; safe to ask from several threads."""

    def __init__(self, open_desk: OpenDesk, *, may_be_real: bool, by: str) -> None:
        """Open the desk once. Raises SettingsError."""
        self.may_be_real = may_be_real
        #: Address of a link → whether it answered, and how.
        self.link_states: dict[str, tuple[bool, str]] = {}
        #: Who did something last.
        self.by = by
        self._open_desk = open_desk
        self._lock = threading.RLock()
        self._desk = open_desk()
        self._desk_fault: Fault | None = None
        self._epoch = 0
        self._scenes: dict[tuple[Choice, datetime], Scene] = {}
        self._reviews: dict[tuple[Choice, datetime], Review] = {}
        self._good: dict[Choice, Scene] = {}
        self._notices: dict[str, tuple[str, float]] = {}
        self._watch = self._desk.store.watch()
        self._stamp = self._look_around()

    @property
    def desk(self) -> Desk:
        """The last good settings."""
        return self._desk

    @property
    def epoch(self) -> int:
        """Counts the changes that were noticed."""
        return self._epoch

    def look(self) -> int:
        """Notice what changed since the last time; return the count of changes."""
        with self._lock:
            stamp = self._look_around()
            if stamp != self._stamp:
                self._stamp = stamp
                self._begin_anew()
            return self._epoch

    def show(self, choice: Choice) -> Shown:
        """Return what there is to show, whatever is broken."""
        with self._lock:
            self.look()
            try:
                scene = self._scene(choice)
            except OtalkDigestError as error:
                return Shown(scene=self._last_good(choice), fault=fault_of(error))
            return Shown(scene=scene, fault=self._desk_fault)

    def review(self, choice: Choice) -> Review | None:
        """Return the edition with its plan; None when it cannot be made."""
        with self._lock:
            self.look()
            choice = replace(choice, reader="", segment=None)
            key = (choice, self._minute())
            if key not in self._reviews:
                try:
                    self._reviews[key] = reviewing.review(self._desk, choice)
                except OtalkDigestError:
                    return None
            return self._reviews[key]

    def find_readers(self, choice: Choice, words: str) -> tuple[tuple[Found, ...], int]:
        """Return who fits the words in the plan, and how many more do."""
        try:
            return reviewing.find_readers(self._desk, choice, words, may_be_real=self.may_be_real)
        except OtalkDigestError:
            return (), 0

    def say(self, text: str) -> str:
        """Keep a notice for the next page; return its name."""
        name = token_hex(6)
        with self._lock:
            now = time.monotonic()
            self._notices = {
                key: notice for key, notice in self._notices.items() if notice[1] > now
            }
            self._notices[name] = (text, now + _NOTICE_S)
        return name

    def said(self, name: str) -> str:
        """Return a notice, for as long as it is new."""
        text, until = self._notices.get(name, ("", 0.0))
        return text if until > time.monotonic() else ""

    def close(self) -> None:
        """Let go of the store's watch."""
        self._watch.close()

    def _scene(self, choice: Choice) -> Scene:
        key = (choice, self._minute())
        if key not in self._scenes:
            while len(self._scenes) >= _MOST_SCENES:
                del self._scenes[next(iter(self._scenes))]
            self._scenes[key] = previewing.make_scene(
                self._desk, choice, may_be_real=self.may_be_real
            )
            self._remember(choice, self._scenes[key])
        return self._scenes[key]

    def _remember(self, choice: Choice, scene: Scene) -> None:
        if scene.proof is not None:
            self._good.pop(choice, None)
            while len(self._good) >= _MOST_SCENES:
                del self._good[next(iter(self._good))]
            self._good[choice] = scene

    def _last_good(self, choice: Choice) -> Scene | None:
        """Return the same mail as it was, or else another one of the same edition."""
        if choice in self._good:
            return self._good[choice]
        alike = [each for each in self._good if each.edition == choice.edition]
        return self._good[alike[-1]] if alike else None

    def _begin_anew(self) -> None:
        self._epoch += 1
        self._scenes.clear()
        self._reviews.clear()
        try:
            self._desk = self._open_desk()
            self._desk_fault = None
        except OtalkDigestError as error:
            self._desk_fault = fault_of(error)

    def _look_around(self) -> Stamp:
        desk = self._desk
        return (stamp_of(desk.files), stamp_of(desk.press.theme_folders), self._watch.version())

    def _minute(self) -> datetime:
        """What is made for now is made again each minute: a chat may have begun."""
        return self._desk.clock().replace(second=0, microsecond=0)


def stamp_of(places: tuple[Path, ...]) -> Mapping[str, tuple[int, int]]:
    """Return file → when it was written and its size, for files and whole folders."""
    stamps: dict[str, tuple[int, int]] = {}
    for place in places:
        for path in (place, *sorted(place.rglob("*"))) if place.is_dir() else (place,):
            try:
                found = path.stat()
            except OSError:
                # It is being replaced just now.
                continue
            if not path.is_dir():
                stamps[str(path)] = (found.st_mtime_ns, found.st_size)
    return stamps


def fault_of(error: OtalkDigestError) -> Fault:
    """Return what is wrong, and where as far as the error says."""
    text = str(error)
    place = _PLACE.search(text)
    if place is None:
        return Fault(text=text, file=None, line=None)
    return Fault(text=text, file=place["file"], line=int(place["line"]))

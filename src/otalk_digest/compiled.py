"""Compiled templates, kept in the account's cache: compiling takes as long as inlining.

What is kept is code that we run, so nobody else may be able to put it there.
"""

import contextlib
import hashlib
import os
import pickle
from pathlib import Path
from stat import S_ISDIR

import jinja2


def kept_compiled(cache: Path | None, maker: Path) -> jinja2.BytecodeCache | None:
    """Return the place for what the module `maker` compiles; None where it would not be safe.

    It depends on that file and on Jinja, so another version has another folder.
    """
    if cache is None:
        return None
    try:
        makers = maker.read_bytes() + jinja2.__version__.encode()
        folder = cache / hashlib.sha256(makers).hexdigest()[:16]
        is_private = _make_private(cache) and _make_private(folder)
    except OSError:
        return None
    return _Kept(str(folder)) if is_private else None


class _Kept(jinja2.FileSystemBytecodeCache):
    """Jinja's own, known by path and content; trouble with the disk costs time, nothing else."""

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            # Cut short, as by a power failure.
            bucket.reset()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _make_private(folder: Path) -> bool:
    """Whether nobody else can put code there for us to run; makes the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    return S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077

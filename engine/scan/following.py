"""What is appended to a log, as it comes: a file that grows, is renamed and made anew, or cut off; or a pipe."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path
from typing import Protocol

from ..logs.opening import OpeningError

_BLOCK = 1 << 20
_POLL = 0.004
"""Seconds between two looks at a file that does not grow."""


class Follower(Protocol):
    """Hands out what is new."""

    ended: bool
    """Nothing more will come."""

    def read(self, timeout: float) -> bytes:
        """What has come; nothing when nothing came within `timeout` seconds."""

    def close(self) -> None:
        """Let go of the log."""


class FileFollower:
    """Follows the file of a name, as `tail -F` does.

    A file that takes the name's place (rotation) is read from its beginning, after the rest of the old one; so is one that
    has become shorter (copytruncate). A name that is not there yet is waited for.

    Args:
        path: the name.
        from_start: also hand out what is there already.

    Raises:
        OpeningError: the name is a folder, or cannot be read.
    """

    def __init__(self, path: str, *, from_start: bool = False) -> None:
        self.ended = False
        self._path = path
        self._file: int | None = None
        self._at = 0
        if self._open() and not from_start and self._file is not None:
            self._at = os.lseek(self._file, 0, os.SEEK_END)

    def read(self, timeout: float) -> bytes:
        """As `Follower.read`."""
        deadline = time.monotonic() + timeout
        while True:
            data = self._next()
            left = deadline - time.monotonic()
            if data or left <= 0:
                return data
            time.sleep(min(_POLL, left))

    def close(self) -> None:
        """As `Follower.close`."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def head(self, size: int) -> bytes:
        """The beginning of the file, where there is one; the format shows there."""
        return b"" if self._file is None else os.pread(self._file, size, 0)

    def _next(self) -> bytes:
        if self._file is None and not self._open():
            return b""
        assert self._file is not None
        data = self._read_on()
        if data:
            return data
        try:
            now = Path(self._path).stat()
        except OSError:
            return b""  # between renaming and making anew
        was = os.fstat(self._file)
        if (now.st_dev, now.st_ino) != (was.st_dev, was.st_ino):
            data = self._read_on()  # written between the last read and the renaming
            if not data:
                self.close()
                self._at = 0
                return self._next() if self._open() else b""
            return data
        if was.st_size < self._at:
            self._at = 0
            return self._read_on()
        return b""

    def _read_on(self) -> bytes:
        assert self._file is not None
        try:
            data = os.pread(self._file, _BLOCK, self._at)
        except OSError as error:
            raise OpeningError(f"{self._path}: cannot be read: {error.strerror}") from None
        self._at += len(data)
        return data

    def _open(self) -> bool:
        try:
            file = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise OpeningError(f"{self._path}: cannot be read: {error.strerror}") from None
        if stat.S_ISDIR(os.fstat(file).st_mode):
            os.close(file)
            raise OpeningError(f"{self._path}: is a folder; expected a file")
        self._file = file
        return True


class PipeFollower:
    """Follows a pipe until its writer closes it.

    Args:
        descriptor: of the open pipe (or file, which ends where it ends).
    """

    def __init__(self, descriptor: int) -> None:
        self.ended = False
        self._descriptor = descriptor

    def read(self, timeout: float) -> bytes:
        """As `Follower.read`."""
        if self.ended or not select.select([self._descriptor], [], [], timeout)[0]:
            return b""
        data = os.read(self._descriptor, _BLOCK)
        self.ended = not data
        return data

    def close(self) -> None:
        """As `Follower.close`; the descriptor is the caller's."""


def follow(path: str, *, from_start: bool = False) -> Follower:
    """A follower for a file name; a named pipe or a device is read like a pipe. Raises like `FileFollower`."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        mode = stat.S_IFREG
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode):
        try:
            return PipeFollower(os.open(path, os.O_RDONLY))
        except OSError as error:
            raise OpeningError(f"{path}: cannot be read: {error.strerror}") from None
    return FileFollower(path, from_start=from_start)

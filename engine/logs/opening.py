"""Opening what holds logs: files, folders, globs, standard input, compressed or not."""

from __future__ import annotations

import bz2
import codecs
import glob
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from .lines import Tally

BLOCK = 1 << 20
SAMPLE = 64 << 10
"""Bytes from the beginning of a file that are enough to tell its format."""

_MOST_MEMORY = 256 << 20  # xz and zstd files may ask for windows of gigabytes
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF8_MARK = b"\xef\xbb\xbf"
_GLOB = re.compile(r"[*?\[]")
_ROTATED = re.compile(r"\.(\d{1,6})(?=$|\.)")
_COMPRESSED = (".gz", ".zst", ".bz2", ".xz")


class OpeningError(ValueError):
    """Something cannot be read; the message names it and says why, in one line."""


class _Unit(Protocol):
    """One member of an archive, in the words of the standard library's `bz2`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """`zlib` in those words."""

    def __init__(self) -> None:
        self._object = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def needs_input(self) -> bool:
        return not self._object.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, max_length)


class _Zstandard:
    """The package `zstandard` in those words. It cannot limit what comes out, so little is put in at once."""

    _STEP = 512

    def __init__(self, unit: Any) -> None:
        self._object = unit
        self._input = memoryview(b"")

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def needs_input(self) -> bool:
        return not self._input

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data) + bytes(self._input)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            self._input = memoryview(bytes(self._input) + data)
        out: list[bytes] = []
        size = 0
        while self._input and size < max_length and not self._object.eof:
            part, self._input = self._input[: self._STEP], self._input[self._STEP :]
            try:
                out.append(self._object.decompress(part))
            except Exception as error:  # noqa: BLE001 - the package's own error class is known only where it is installed
                raise OSError(str(error)) from None
            size += len(out[-1])
        return b"".join(out)


def find_files(paths: Iterable[str]) -> list[Path]:
    """The files behind paths, folders (with everything below) and globs; each once, in a fixed order.

    Of a rotated log the older parts come first: `app.log.2.gz`, `app.log.1`, `app.log`. Hidden files in folders and
    links that lead into circles are left out.

    Raises:
        OpeningError: a path that does not exist, a glob that matches nothing.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.is_file() and not _hidden(file.relative_to(path)))
            found.update(dict.fromkeys(sorted(inside, key=_rotation)))
        elif path.exists():
            found[path] = None
        elif _GLOB.search(name):
            matches = [Path(match) for match in glob.glob(name, recursive=True)]  # noqa: PTH207 - of any form
            files = sorted((match for match in matches if match.is_file()), key=_rotation)
            if not files:
                raise OpeningError(f"{name}: matches no file")
            found.update(dict.fromkeys(files))
        else:
            raise OpeningError(f"{name}: no such file or folder")
    return list(found)


def open_blocks(path: str | Path, tally: Tally | None = None, *, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes of a file, or of standard input for `-`: decompressed, UTF-16 with a byte order mark as UTF-8.

    What a damaged archive still gives is read, and counted as truncated.

    Raises:
        OpeningError: cannot be read, or zstd without the package that reads it.
    """
    tally = tally if tally is not None else Tally()
    if str(path) == "-":
        yield from read_blocks(sys.stdin.buffer, "standard input", tally, size=size)
        return
    try:
        stream = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed below
    except OSError as error:
        tally.unreadable += 1
        raise OpeningError(f"{path}: cannot be read: {error.strerror}") from None
    with stream:
        yield from read_blocks(stream, str(path), tally, size=size)


def read_blocks(stream: BinaryIO, name: str, tally: Tally, *, size: int = BLOCK) -> Iterator[bytes]:
    """The same for an open stream. Raises like `open_blocks`."""
    try:
        head = stream.read(size) or b""
        while len(head) < 6 and (more := stream.read(size)):
            head += more
        tally.files += 1
        yield from _transcoded(_decompressed(_raw(stream, head, size), head, name, tally, size))
    except OSError as error:
        tally.unreadable += 1
        raise OpeningError(f"{name}: cannot be read: {error.strerror or error}") from None


def is_compressed(head: bytes) -> bool:
    """Whether the first bytes of a file are those of gzip, zstd, bzip2 or xz."""
    return head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\x00"))


def _raw(stream: BinaryIO, head: bytes, size: int) -> Iterator[bytes]:
    while head:
        yield head
        head = stream.read(size) or b""


def _decompressed(blocks: Iterator[bytes], head: bytes, name: str, tally: Tally, size: int) -> Iterator[bytes]:
    """Never more than `size` bytes at once, however well the archive was packed."""
    if head.startswith(b"\x1f\x8b"):
        return _members(blocks, _Gzip, tally, size)
    if head.startswith(b"BZh"):
        return _members(blocks, bz2.BZ2Decompressor, tally, size)
    if head.startswith(b"\xfd7zXZ\x00"):
        return _members(blocks, lambda: lzma.LZMADecompressor(memlimit=_MOST_MEMORY), tally, size)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd(blocks, name, tally, size)
    return blocks


def _members(blocks: Iterable[bytes], make: Callable[[], _Unit], tally: Tally, size: int) -> Iterator[bytes]:
    """Members one after the other: rotation appends them."""
    unit = make()
    fed = False
    for block in blocks:
        data = block
        while data:
            if not fed:
                data = data.lstrip(b"\x00")  # padding between members
                if not data:
                    break
            try:
                out = unit.decompress(data, size)
                fed, data = True, b""
                while True:
                    if out:
                        yield out
                    if unit.eof or unit.needs_input:
                        break
                    out = unit.decompress(b"", size)
            except (OSError, EOFError, lzma.LZMAError, zlib.error):
                tally.truncated += 1
                return
            if unit.eof:
                data, unit, fed = unit.unused_data, make(), False
    if fed:
        tally.truncated += 1


def _zstd(blocks: Iterator[bytes], name: str, tally: Tally, size: int) -> Iterator[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
    except ImportError:
        pass
    else:
        yield from _members(blocks, zstd.ZstdDecompressor, tally, size)
        return
    try:
        import zstandard
    except ImportError:
        raise OpeningError(f"{name}: zstd needs the extra \"logs\": pip install 'oauth-doctor[logs]'") from None
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MOST_MEMORY)
    yield from _members(blocks, lambda: _Zstandard(unpacker.decompressobj()), tally, size)


def _transcoded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    iterator = iter(blocks)
    first = next(iterator, b"")
    encoding = _UTF16.get(first[:2])
    if encoding is None:
        yield first[3:] if first.startswith(_UTF8_MARK) else first
        yield from iterator
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(first[2:]).encode("utf-8", "replace")
    for block in iterator:
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _rotation(path: Path) -> tuple[str, int, str]:
    """Sorts the parts of one rotated log by age: the highest number is the oldest, none is the newest."""
    name = str(path)
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    found = _ROTATED.search(path.name)
    number = int(found[1]) if found else 0
    stem = _ROTATED.sub("", name) if found else name
    return stem, -number, str(path)

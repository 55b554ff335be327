"""`redact`: a copy that is safe to attach to a ticket."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import UsageError, complain

if TYPE_CHECKING:
    from ..engine.redaction import Secret

_READ = 1 << 20
_HEAD = 64 << 10
_LARGEST_DOCUMENT = 128 << 20
"""Bytes of one JSON text that are kept valid; beyond it is redacted as text."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_COMPRESSED = ((b"\x1f\x8b", "zcat"), (b"\x28\xb5\x2f\xfd", "zstdcat"), (b"BZh", "bzcat"), (b"\xfd7zXZ", "xzcat"))


def redact(
    file: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="Text, log, JSON, JSON lines, HAR; - is standard input.")
    ] = "-",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the copy goes, instead of stdout.")
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Replace FILE by its redacted copy.")] = False,
    ips: Annotated[bool, typer.Option("--ips", help="Replace IP addresses too, except loopback ones.")] = False,
    hosts: Annotated[bool, typer.Option("--hosts", help="Replace host names too.")] = False,
) -> None:
    """Replace tokens, codes, passwords, keys, cookies and e-mail addresses by placeholders such as <access_token:1>.

    Exit code 0: the copy is complete, whether it held secrets or not.
    """
    if in_place:
        if file == "-" or output is not None:
            raise UsageError("--in-place: expected a FILE, and no --output")
        output = Path(file)
    with _open(file) as descriptor:
        _refuse_overwriting(file, descriptor, None if in_place else output)
        counter = _Counter()
        parts = _parts(_checked(file, descriptor), _name(file), ips=ips, hosts=hosts, count=counter.add)
        if output is None:
            _to_stdout(parts)
        else:
            _to_file(parts, output)
    complain(f"{_name(file)}: {counter}")


class _Counter:
    """What was replaced, by kind."""

    def __init__(self) -> None:
        self._sightings: Counter[str] = Counter()
        self._placeholders: set[str] = set()

    def add(self, secrets: tuple[Secret, ...]) -> None:
        self._sightings.update(secret.kind for secret in secrets)
        self._placeholders.update(secret.placeholder for secret in secrets)

    def __str__(self) -> str:
        total = self._sightings.total()
        if not total:
            return "no secrets found"
        kinds = ", ".join(
            f"{kind} {count}" for kind, count in sorted(self._sightings.items(), key=lambda item: (-item[1], item[0]))
        )
        return f"{total} replaced ({len(self._placeholders)} different): {kinds}"


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


@contextlib.contextmanager
def _open(file: str) -> Iterator[int]:
    if file == "-":
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise UsageError(f"{file}: is a folder; expected a file")
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_overwriting(file: str, descriptor: int, output: Path | None) -> None:
    """The input is never lost by accident, neither through --output nor through the shell's `>`."""
    source = os.fstat(descriptor)
    if not stat.S_ISREG(source.st_mode):
        return
    if output is not None:
        with contextlib.suppress(OSError):
            if os.path.samestat(source, output.stat()):
                raise UsageError(f"--output {output}: is the input itself; expected another file, or --in-place")
        return
    with contextlib.suppress(OSError, ValueError):
        if os.path.samestat(source, os.fstat(sys.stdout.fileno())):
            raise UsageError(f"{_name(file)}: is input and output; expected --in-place")


def _checked(file: str, descriptor: int) -> Iterator[bytes]:
    """The blocks of the input, in UTF-8; undecodable bytes of it stay as they are."""
    head = b""
    while len(head) < _HEAD and (block := _read(file, descriptor)):
        head += block
    encoding = ""
    for mark, name in _MARKS:
        if head.startswith(mark):
            encoding, head = name, head[len(mark) :]
            if name == "utf-8":
                yield mark
            break
    for magic, tool in _COMPRESSED:
        if head.startswith(magic):
            raise UsageError(f"{_name(file)}: is compressed; expected text: {tool} FILE | oauth-doctor redact")
    if encoding.startswith("utf-16"):
        complain(f"{_name(file)}: is UTF-16; the copy is UTF-8")
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while head:
            yield decoder.decode(head).encode("utf-8", "replace")
            head = _read(file, descriptor)
        return
    if b"\x00" in head[:_HEAD]:
        raise UsageError(f"{_name(file)}: is binary; expected text, JSON or HAR")
    while head:
        yield head
        head = _read(file, descriptor)


def _read(file: str, descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _READ)
    except OSError as error:
        raise UsageError(f"{_name(file)}: cannot be read: {error.strerror}") from None


def _parts(
    blocks: Iterator[bytes], name: str, *, ips: bool, hosts: bool, count: Callable[[tuple[Secret, ...]], None]
) -> Iterator[bytes]:
    from ..engine.redaction import Memory, Redactor
    from ..engine.redaction.documents import is_json, redact_json, redact_json_lines
    from ..engine.redaction.stream import redact_blocks

    redactor = Redactor(hide_hosts=hosts, hide_addresses=ips)
    memory = Memory()
    ahead = next(blocks, b"")
    if ahead == codecs.BOM_UTF8:
        yield ahead
        ahead = next(blocks, b"")
    held = [ahead]
    if _may_be_document(ahead):
        size = len(ahead)
        for block in blocks:
            held.append(block)
            size += len(block)
            if size > _LARGEST_DOCUMENT:
                complain(
                    f"{name}: larger than {_LARGEST_DOCUMENT >> 20} MiB, so that it is redacted as text, not as JSON"
                )
                break
        else:
            whole = b"".join(held)
            held = [whole]
            if is_json(whole):
                redacted, secrets = redact_json(whole, redactor, memory)
                count(secrets)
                yield redacted
                return

    def all_blocks() -> Iterator[bytes]:
        yield from held
        held.clear()
        yield from blocks

    for part, secrets in redact_blocks(all_blocks(), redactor, lambda data: redact_json_lines(data, redactor, memory)):
        count(secrets)
        yield part


def _may_be_document(head: bytes) -> bool:
    """Whether a text could be one JSON text, by its beginning."""
    if head.lstrip()[:1] not in (b"{", b"["):
        return False
    text = head.lstrip().decode("utf-8", "replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        return error.msg.startswith("Unterminated string") or error.pos >= len(text) - 16
    except (ValueError, RecursionError):
        return False
    return not text[end:].strip()


def _to_stdout(parts: Iterator[bytes]) -> None:
    for part in parts:
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()


def _to_file(parts: Iterator[bytes], output: Path) -> None:
    """Written beside the target and moved over it when complete, so that nobody ever sees half a copy."""
    target = Path(os.path.realpath(output))
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as written:  # a device or a named pipe
                written.writelines(parts)
            return
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        temporary = Path(name)
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.writelines(parts)
            written.flush()
            os.fsync(descriptor)
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise UsageError(f"--output {output}: cannot be written: {error.strerror}") from None
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

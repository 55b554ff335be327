"""Which files make up the knowledge: the shipped folders, then every further folder or pack, in layers."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from .problems import KnowledgeError, Problem

ENTRY_POINT_GROUP = "oauth_doctor.knowledge"
_ENDINGS = {".yaml", ".md", ".j2", ".jsonl", ".csv", ".tsv"}
_LARGEST = 4 << 20
_SETTLED = 2_000_000_000  # nanoseconds: no file system's clock is coarser


class ListedFile(NamedTuple):
    """One file of a layer, not read yet.

    Attributes:
        name: what problems call it.
        kind: its first folders (`rules`, `kb/causes`, ...).
        looks: size, time of change and the like, which tell without reading whether it is still the same.
    """

    name: str
    kind: str
    path: str
    layer: int
    looks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnowledgeFile:
    """One file of a layer. `name` is what problems call it, `kind` its first folders (`rules`, `kb/causes`, ...)."""

    name: str
    kind: str
    path: Path
    layer: int
    content: bytes

    @property
    def text(self) -> str:
        """The content; raises UnicodeDecodeError when it is not UTF-8."""
        return self.content.decode("utf-8")


def shipped_root() -> tuple[Path, Path]:
    """The shipped `rules` and `kb` folders."""
    return Path(str(files("oauth_doctor.rules"))), Path(str(files("oauth_doctor.kb")))


def installed_packs() -> list[Path]:
    """Folders that installed packages announce in the entry point group. Nothing of them is imported."""
    packs: dict[str, Path] = {}
    seen: set[str] = set()
    for distribution in metadata.distributions():
        # Few packages have such an entry point: the others' files are not even parsed.
        if ENTRY_POINT_GROUP not in (distribution.read_text("entry_points.txt") or "") or distribution.name in seen:
            continue
        seen.add(distribution.name)  # the first on the path hides the others
        for entry in distribution.entry_points.select(group=ENTRY_POINT_GROUP):
            folder = entry.value.split(":")[0].replace(".", "/")
            packs.setdefault(entry.name, Path(str(distribution.locate_file(folder))))
    return [packs[name] for name in sorted(packs)]


def list_files(extra: Iterable[Path] = ()) -> list[ListedFile]:
    """Find every knowledge file: the shipped ones, installed packs, then the folders of `extra`, in that order.

    Raises:
        KnowledgeError: a folder of `extra` does not exist or holds neither `rules` nor `kb`; a folder is unreadable.
    """
    problems: list[Problem] = []
    rules, kb = shipped_root()
    result = [*_walk(rules, "rules", 0, "rules", problems), *_walk(kb, "kb", 0, "kb", problems)]
    for layer, root in enumerate([*installed_packs(), *extra], start=1):
        folders = [root / name for name in ("rules", "kb") if (root / name).is_dir()]
        if not folders:
            problems.append(Problem(str(root), 0, 0, "no knowledge folder", "a folder that holds `rules` or `kb`"))
        for folder in folders:
            result.extend(_walk(folder, folder.name, layer, str(folder), problems))
    if problems:
        raise KnowledgeError(problems)
    return result


def read_files(listed: Iterable[ListedFile]) -> list[KnowledgeFile]:
    """Read the files.

    Raises:
        KnowledgeError: files that are too large or unreadable.
    """
    problems: list[Problem] = []
    result = []
    for file in listed:
        if file.looks[0] > _LARGEST:
            problems.append(Problem(file.name, 0, 0, "file is larger than 4 MiB", "several smaller files"))
            continue
        path = Path(file.path)
        try:
            content = path.read_bytes()
        except OSError as error:
            problems.append(Problem(file.name, 0, 0, f"cannot be read: {error.strerror}"))
            continue
        result.append(KnowledgeFile(file.name, file.kind, path, file.layer, content))
    if problems:
        raise KnowledgeError(problems)
    return result


def fingerprint(knowledge: Iterable[KnowledgeFile], salt: str) -> str:
    """A key for exactly this content (names and bytes) and this program (`salt`)."""
    digest = hashlib.blake2b(salt.encode(), digest_size=20)
    for file in knowledge:
        for part in (file.name.encode(), file.content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def stamp(listed: Sequence[ListedFile], salt: str) -> str | None:
    """A key for files that look exactly like this, unread; None when one of them changed so lately that it might change
    again without looking different (its time is only as fine as the file system's clock)."""
    newest = max((max(file.looks[1:3]) for file in listed), default=0)
    if newest + _SETTLED > time.time_ns():
        return None
    looks = repr([(file.name, file.path, file.looks) for file in listed])
    return hashlib.blake2b((salt + looks).encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()


def _walk(root: Path, kind: str, layer: int, shown: str, problems: list[Problem]) -> Iterator[ListedFile]:
    for path, relative, status in _entries(str(root), "", shown, problems):
        looks = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        first, slash, _ = relative.partition("/")
        folder = first if kind == "kb" and slash else relative.rpartition("/")[2].rpartition(".")[0]
        yield ListedFile(f"{shown}/{relative}", kind if kind == "rules" else f"kb/{folder}", path, layer, looks)


def _entries(
    folder: str, prefix: str, shown: str, problems: list[Problem]
) -> Iterator[tuple[str, str, os.stat_result]]:
    """Path, path below the root, and status of the knowledge files below a folder; in the order of their names."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        problems.append(Problem(f"{shown}/{prefix}".rstrip("/"), 0, 0, f"cannot be read: {error.strerror}"))
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(entry.path, f"{prefix}{entry.name}/", shown, problems)
        elif _ending(entry.name) in _ENDINGS and entry.is_file():
            yield entry.path, prefix + entry.name, entry.stat()


def _ending(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""

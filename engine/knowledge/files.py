"""Which files make up the knowledge: the shipped folders, then every further folder or pack, in layers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from .problems import KnowledgeError, Problem

ENTRY_POINT_GROUP = "oauth_doctor.knowledge"
_ENDINGS = {".yaml", ".md", ".j2"}
_LARGEST = 4 << 20


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
    entries = sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    return [
        Path(str(entry.dist.locate_file(entry.value.split(":")[0].replace(".", "/"))))
        for entry in entries
        if entry.dist is not None
    ]


def read_files(extra: Iterable[Path] = ()) -> list[KnowledgeFile]:
    """Read every knowledge file: the shipped ones, installed packs, then the folders of `extra`, in that order.

    Raises:
        KnowledgeError: a folder of `extra` does not exist or holds neither `rules` nor `kb`; a file is unreadable.
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


def fingerprint(knowledge: Iterable[KnowledgeFile], salt: str) -> str:
    """A key for exactly this content (names and bytes) and this program (`salt`)."""
    digest = hashlib.blake2b(salt.encode(), digest_size=20)
    for file in knowledge:
        for part in (file.name.encode(), file.content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _walk(root: Path, kind: str, layer: int, shown: str, problems: list[Problem]) -> Iterator[KnowledgeFile]:
    for path in sorted(root.rglob("*")):
        if path.suffix not in _ENDINGS or not path.is_file():
            continue
        relative = path.relative_to(root)
        name = f"{shown}/{relative.as_posix()}"
        try:
            if path.stat().st_size > _LARGEST:
                problems.append(Problem(name, 0, 0, "file is larger than 4 MiB", "several smaller files"))
                continue
            content = path.read_bytes()
        except OSError as error:
            problems.append(Problem(name, 0, 0, f"cannot be read: {error.strerror}"))
            continue
        folder = relative.parts[0] if kind == "kb" and len(relative.parts) > 1 else relative.stem
        yield KnowledgeFile(name, kind if kind == "rules" else f"kb/{folder}", path, layer, content)

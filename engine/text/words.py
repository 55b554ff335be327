"""The words of a text, whoever arranged them."""

from __future__ import annotations

import re
from itertools import pairwise

# Words, names with underscores, statuses; not the T of a timestamp. What none of them begins with is passed over at a glance.
_WORD = re.compile(r"(?=[a-z1-5])(?:(?<![a-z0-9])[a-z][a-z0-9]*(?:['_][a-z0-9]+)*|\b[1-5][0-9]{2}\b)")
_JOINT = re.compile(r"['_]")
_PLACEHOLDER = re.compile(r"<[a-z_]+:[0-9]+>")
_SHORTEST_PART = 3
_LONGEST_TEXT = 40_000  # characters from each end; what lies between is more of the same


def words_of(text: str) -> set[str]:
    """Words, parts of joined names, and pairs of neighbours, in lower case; placeholders of secrets are no words."""
    if len(text) > 2 * _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]} {text[-_LONGEST_TEXT:]}"
    words = _WORD.findall(_PLACEHOLDER.sub(" ", text.lower()))
    found = set(words)
    for word in set(words):
        if "_" in word or "'" in word:
            found.update(part for part in _JOINT.split(word) if len(part) >= _SHORTEST_PART)
    found.update(map(" ".join, set(pairwise(words))))  # lines of a log repeat each other
    return found

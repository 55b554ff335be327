"""A provider's or library's own codes that stand in a text, whichever signature knows them.

What a code means is written down once, in `kb/codes/`; nobody has to write a pattern for it as well. A word of everyday
language that is also somebody's code (`expired`, `forbidden`) proves nothing by itself, nor does a short number: they count
where a signature finds them in their place. Others are nobody's words: `no_matching_policy`, `IDX10501`, `390318`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

_WORD = re.compile(r"[A-Za-z0-9]+(?:[_.-][A-Za-z0-9]+)*")
_OWN_FORM = re.compile(r"[A-Za-z0-9.-]+_|[A-Za-z0-9.-]*[a-z][A-Z]|[A-Za-z]+-?\d\d|\d{6}")
_MOST_TEXT = 20_000  # characters; what comes later in so long a text is hardly the message


class CodeFound(NamedTuple):
    """A code as the text has it, whose it is, and the 1-based line of its first occurrence."""

    code: str
    owner: str
    line: int


def codes_in(text: str, owners: Iterable[tuple[str, Collection[str]]]) -> Iterator[CodeFound]:
    """The codes in a (redacted) text that have a form of their own.

    Args:
        owners: each with its codes in upper case. Of a code that several have the first owner counts.
    """
    tables = list(owners)
    if not tables:
        return
    text = text[:_MOST_TEXT]
    for word in dict.fromkeys(_WORD.findall(text)):
        upper = word.upper()
        for owner, codes in tables:
            if upper in codes:
                if _OWN_FORM.match(word):
                    yield CodeFound(word, owner, text.count("\n", 0, text.find(word)) + 1)
                break

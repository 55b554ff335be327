"""The Doctor as it judges logs: a log is not a ticket, most of what goes wrong in it is somebody else's business.

A ticket is written because of a problem of this kind; a line of a log is not. So a diagnosis counts only when the text itself
shows that it is about the knowledge's subject: by its vocabulary, by a documented code of a provider that it names, or by
strong evidence of a cause that only the subject has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnosis import Diagnosis
from ..doctor import Doctor, Examination
from ..knowledge import FactError
from ..knowledge.names import NOT_OAUTH, SAW
from ..ranking import Evidence
from .anchors import Anchors

_CODE = "code:"


class Judge:
    """Diagnoses the incidents of logs. Called with text and facts, like the Doctor's `diagnose`."""

    def __init__(self, doctor: Doctor, anchors: Anchors) -> None:
        self._doctor = doctor
        self._vocabulary = anchors.vocabulary
        self._phrases = frozenset(anchors.phrases)
        self._least = anchors.least
        self._speaking = anchors.speaking
        self._elsewhere = anchors.elsewhere

    def __call__(self, text: str, facts: Mapping[str, str]) -> Diagnosis:
        """The diagnosis; `no-oauth-problem` where only what goes wrong, or well, every day was seen."""
        known = dict(self._known(facts))
        examination = self._doctor.examine(text, known)
        # A format that states facts of its own is an export of events of the subject.
        if (known or self._is_of_the_subject(examination)) and self._is_a_failure(examination):
            return self._doctor.describe(examination)
        return self._doctor.describe(examination, steps=False, ask=False).model_copy(
            update={"verdict": "no-oauth-problem"}
        )

    def _is_a_failure(self, examination: Examination) -> bool:
        """Whether the text itself speaks for some cause as strongly as an anchor must, or a code in it is an anchor.

        `invalid_grant` and no more says that something failed, though not what; `expires_in` is part of every success.
        """
        vocabulary = self._doctor.knowledge.vocabulary
        return any(
            item.line is not None and item.weight >= self._least and item.cause != NOT_OAUTH
            for item in examination.evidence
        ) or any(
            found.origin.line is not None
            and found.name != SAW
            and vocabulary[found.name].is_open
            and str(found.value).encode() in self._phrases
            for found in examination.facts
        )

    def _known(self, facts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """What the vocabulary knows of the facts that a format states: an export may say anything."""
        for name, value in facts.items():
            try:
                self._doctor.knowledge.vocabulary[name].read(value)
            except FactError:
                continue
            yield name, value

    def _is_of_the_subject(self, examination: Examination) -> bool:
        if not self._vocabulary.isdisjoint(map(str, examination.facts.values(SAW))):
            return True
        if any(map(self._speaks_of_the_subject, examination.evidence)):
            return True
        best = examination.ranked[0].cause
        provider = examination.facts.first("provider")
        return provider is not None and any(
            item.cause == best and item.rule.startswith(f"{_CODE}{provider}:") for item in examination.evidence
        )

    def _speaks_of_the_subject(self, item: Evidence) -> bool:
        return (
            item.line is not None
            and item.weight >= self._speaking
            and item.cause != NOT_OAUTH
            and self._elsewhere.isdisjoint((item.cause, item.rule))
        )

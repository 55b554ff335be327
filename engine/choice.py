"""The next question: the fact whose answer is expected to tell most about the cause for its cost.

Value of a question = expected information about the cause, in bits, per minute that asking and finding out take
(Heckerman, Breese and Rommelse 1995). Measured by the ranking's own weights; the best few are then tried out in full, with
the rules that their answers would fire. What a pasted text would have shown counts for less (`known_beside_text` in
kb/facts): whoever has nothing but that text cannot tell it.

Bits say little where one cause is all but certain. A text can be that clear and still mean something else under circumstances
that it doesn't tell, so there a question is worth asking for what an answer would overturn: by how much likelier the cause that
is then first is to be right than the one that is first now (Howard 1966, "Information Value Theory", each wrong cause being as
wrong as another).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from .circumstances import phase_of
from .diagnosis import Answer, Question
from .facts import Facts
from .gains import Gains
from .knowledge import Fact, FactKind, Knowledge
from .knowledge.names import NOT_OAUTH, OTHER, RECOGNISED
from .likelihoods import Likelihoods, Live, entropy
from .ranking import Ranked, Ranker

OPENING = ("platform", "provider")  # steps speak their words, rules and codes are those of a provider
_SHORTLIST = 4
_CLOSED = (FactKind.ONE, FactKind.BOOLEAN)
LEAST_LIKELY = 0.004  # what the one question of a diagnosis, which has little time, is not chosen for
_LEAST_SHARE = 0.03  # answers that are less likely aren't tried out
_LEAST_OVERTURNING = 0.01  # the same where an answer that few would give may change the result

Probabilities = Mapping[str, float]
Suppose = Callable[[str, str], Probabilities]  # fact and value to the probabilities then


@dataclass(frozen=True, slots=True)
class Choice:
    """A fact worth asking for.

    Attributes:
        gain: expected information, in bits; cost in minutes.
        change: by how much likelier the first cause is expected to be right if it is chosen after the answer instead of now;
            of questions that were looked at for that.
        shares: how likely each answer is; then: probabilities after it, of the answers that were tried out.
    """

    fact: Fact
    gain: float
    cost: float
    shares: Mapping[str, float]
    then: Mapping[str, Probabilities]
    change: float = 0.0

    @property
    def worth(self) -> float:
        """Bits a minute."""
        return self.gain / self.cost


class Chooser:
    """Chooses questions. Thread-safe.

    Args:
        never: facts that are not asked for.

    Attributes:
        least_gain: expected information, in bits, below which a question is not worth asking.
    """

    def __init__(self, knowledge: Knowledge, ranker: Ranker, never: Collection[str] = ()) -> None:
        self._knowledge = knowledge
        self._likelihoods = Likelihoods(knowledge, ranker)
        left_out = {*OPENING, *never}
        self._asked = [fact for fact in knowledge.vocabulary if fact.question and fact.id not in left_out]
        self.least_gain = float(knowledge.effort["least_gain"])
        self._costs = {fact.id: self.cost(fact) for fact in self._asked}
        self._closed = {fact.id: fact for fact in self._asked if fact.kind in _CLOSED}
        self._coded = [fact.id for fact in self._asked if fact.kind not in (*_CLOSED, FactKind.TEXT, FactKind.SET)]
        self._gains: dict[tuple[str | None, bool, bool], Gains] = {}
        self._answers = {name: _answers(fact) for name, fact in self._closed.items()}

    def _gains_of(
        self, live: Live | None, facts: Facts, left_out: Collection[str], *, closed: bool = True
    ) -> dict[str, float]:
        """The expected gain, by the circumstances alone, of each closed question, or of each code and number to be told."""
        if live is None:
            return {}
        phase, told = phase_of(facts), RECOGNISED not in facts
        gains = self._gains.get((phase, told, closed))
        if gains is None:
            asked = list(self._closed) if closed else self._coded
            gains = self._gains[phase, told, closed] = Gains(self._likelihoods, asked, phase, told=told)
        return gains.of(live, left_out)

    def quick(self, facts: Facts, probabilities: Probabilities, skipped: Collection[str] = ()) -> list[Choice]:
        """All questions that are worth a look, best first, by the circumstances alone."""
        provider = facts.first("provider")
        told = RECOGNISED not in facts
        left_out = {*facts.names(), *skipped}
        live = self._likelihoods.live(probabilities.items())
        gains = self._gains_of(live, facts, left_out) | self._gains_of(live, facts, left_out, closed=False)
        choices = []
        for fact in self._asked:
            if fact.id in left_out:
                continue
            if fact.kind is FactKind.TEXT:
                gain = self._likelihoods.gain_of_message(
                    fact, probabilities, str(provider) if provider else None, phase_of(facts)
                )
            elif fact.kind is FactKind.SET:
                gain = self._likelihoods.gain_of_set(fact, probabilities)
            else:
                gain = gains.get(fact.id, 0.0)
            if gain > 0:
                choices.append(Choice(fact, gain * _known(fact, told=told), self.cost(fact), {}, {}))
        return sorted(choices, key=lambda choice: (-choice.worth, choice.fact.id))

    def question(self, facts: Facts, ranked: Sequence[Ranked], skipped: Collection[str] = ()) -> Question | None:
        """The best closed question by the circumstances alone, for a diagnosis; None when none is worth its effort."""
        live = self._likelihoods.live(ranked, LEAST_LIKELY)
        gains = self._gains_of(live, facts, {*facts.names(), *skipped})
        worth = {name: gain / self._costs[name] for name, gain in gains.items() if gain >= self.least_gain}
        if not worth:
            return None
        best = min(worth, key=lambda name: (-worth[name], name))
        fact = self._closed[best]
        return Question(
            fact=best,
            text=fact.question,
            where=fact.where or None,
            answers=self._answers[best],
            gain=round(gains[best], 4),
        )

    def best(
        self, facts: Facts, probabilities: Probabilities, skipped: Collection[str], suppose: Suppose
    ) -> Choice | None:
        """The best question after the most promising ones were tried out; None when none tells anything."""
        tried = [
            self._try_out(choice, facts, probabilities, suppose)
            for choice in self.quick(facts, probabilities, skipped)[:_SHORTLIST]
        ]
        return max(tried, key=lambda choice: (choice.worth, choice.fact.id), default=None)

    def overturning(
        self, facts: Facts, probabilities: Probabilities, skipped: Collection[str], suppose: Suppose
    ) -> Choice | None:
        """The question with listed answers that is most likely to put another cause first; None when no answer does."""
        now, phase = leading(probabilities), phase_of(facts)
        found = []
        for fact in self._closed.values():
            if fact.id in facts or fact.id in skipped:
                continue
            shares = self._likelihoods.shares(fact.id, probabilities, phase)
            then = _tried(fact, shares, suppose, _LEAST_OVERTURNING)
            change = sum(shares[value] * (after[leading(after)] - after.get(now, 0.0)) for value, after in then.items())
            if change > 0:
                gain = self._gain(fact, probabilities, shares, then, told=RECOGNISED not in facts)
                found.append(Choice(fact, gain, self.cost(fact), shares, then, change))
        return max(found, key=lambda choice: (choice.change / choice.cost, choice.fact.id), default=None)

    def _try_out(self, choice: Choice, facts: Facts, probabilities: Probabilities, suppose: Suppose) -> Choice:
        """The choice with its gain measured on the full ranking after each likely answer."""
        told = RECOGNISED not in facts
        shares = self._likelihoods.shares(choice.fact.id, probabilities, phase_of(facts))
        if choice.fact.kind in (FactKind.TEXT, FactKind.SET) or not shares:
            return Choice(choice.fact, choice.gain, choice.cost, shares, {})
        then = _tried(choice.fact, shares, suppose, _LEAST_SHARE)
        return Choice(
            choice.fact, self._gain(choice.fact, probabilities, shares, then, told=told), choice.cost, shares, then
        )

    @staticmethod
    def _gain(
        fact: Fact,
        probabilities: Probabilities,
        shares: Mapping[str, float],
        then: Mapping[str, Probabilities],
        *,
        told: bool,
    ) -> float:
        """Expected information of the answers that were tried out."""
        seen = sum(shares[value] for value in then)
        after = sum(shares[value] * _uncertainty(found) for value, found in then.items())
        return max(_uncertainty(probabilities) * seen - after, 0.0) * _known(fact, told=told)

    def cost(self, fact: Fact) -> float:
        """Minutes that a question takes."""
        effort = self._knowledge.effort
        return float(effort["asking"] + effort["question"] * fact.cost)


def leading(probabilities: Probabilities) -> str:
    """The likeliest cause."""
    return min(probabilities, key=lambda cause: (-probabilities[cause], cause))


def _tried(fact: Fact, shares: Mapping[str, float], suppose: Suppose, least: float) -> dict[str, Probabilities]:
    """Probabilities after each answer that is likely enough."""
    return {value: suppose(fact.id, value) for value, share in shares.items() if share >= least and value != OTHER}


def _uncertainty(probabilities: Probabilities) -> float:
    """How uncertain it is which cause it is, if it is one.

    Any answer about OAuth makes `not-oauth` less likely, so that beside a vague text more stays possible after it than before:
    by the whole entropy no question would be worth asking where it is needed most.
    """
    return entropy(share for cause, share in probabilities.items() if cause != NOT_OAUTH)


def _known(fact: Fact, *, told: bool) -> float:
    """How often the question is answered at all, against what the profiles say."""
    return 1.0 if told else fact.known_beside_text


def _answers(fact: Fact) -> list[Answer]:
    labels = {"true": "Yes", "false": "No"} if fact.kind is FactKind.BOOLEAN else fact.values
    return [Answer(value=value, label=label) for value, label in labels.items()]

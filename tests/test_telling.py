"""A diagnosis written out at once is the JSON of its model, and the one question is the best one."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor, FactError
from oauth_doctor.engine.choice import LEAST_LIKELY, Chooser
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.gains import Gains
from oauth_doctor.engine.knowledge import FactKind
from oauth_doctor.engine.likelihoods import entropy
from oauth_doctor.engine.ranking import Ranked

DOCTOR = Doctor()
VOCABULARY = DOCTOR.knowledge.vocabulary
TEXTS = [
    "error=invalid_grant",
    "AADSTS50011: The reply URL does not match",
    'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer error="invalid_token"',
    "<title>502 Bad Gateway</title>",
    'nothing \u2028 "known" \\ here é',
]


def _values(name: str) -> st.SearchStrategy[Any]:
    fact = VOCABULARY[name]
    if fact.kind is FactKind.BOOLEAN:
        return st.booleans()
    if fact.kind is FactKind.INTEGER:
        return st.sampled_from([1, 0, 400, 401, 404, 500])
    listed = st.sampled_from(list(fact.values)) if fact.values else st.nothing()
    if fact.kind in (FactKind.ONE, FactKind.SET):
        return listed
    return listed | st.sampled_from(["google", "microsoft", "invalid_grant", "x" * 300, 'a "b" \u2028']) | st.text()


some_facts = st.lists(st.sampled_from([fact.id for fact in VOCABULARY]), unique=True, max_size=9).flatmap(
    lambda names: st.fixed_dictionaries({name: _values(name) for name in names})
)


@settings(max_examples=150, deadline=None)
@given(
    some_facts,
    st.lists(st.sampled_from(TEXTS), max_size=3).map("\n".join),
    st.none() | st.text(max_size=9),
    st.booleans(),
)
def test_written_at_once_it_is_the_json_of_the_model(
    facts: dict[str, Any], text: str, identifier: str | None, steps: bool
) -> None:
    try:
        diagnosis = DOCTOR.diagnose(text, facts, id=identifier, steps=steps)
    except FactError:
        return
    for _ in range(2):  # the second time from what is remembered
        written = DOCTOR.diagnose_json(text, facts, id=identifier, steps=steps)
        assert written.json.decode() == diagnosis.to_json()
        assert written.verdict == diagnosis.verdict
    # Another doctor remembers nothing yet.
    other = Doctor(knowledge=DOCTOR.knowledge, evaluator=DOCTOR._evaluator)
    assert other.diagnose(text, facts, id=identifier, steps=steps) == diagnosis


def _expected_gain(chooser: Chooser, name: str, probabilities: Mapping[str, float], *, told: bool) -> float:
    """By its definition, one answer and one cause after the other."""
    trust, whole = DOCTOR.ranker.weighting(told=told), sum(probabilities.values())
    after = 0.0
    outcomes = chooser._likelihoods.outcomes(name)
    for outcome in outcomes:
        chance = sum(share * outcome.chance.get(cause, 0.0) for cause, share in probabilities.items()) / whole
        then = [share * math.exp(trust * outcome.effect.get(cause, 0.0)) for cause, share in probabilities.items()]
        after += chance * entropy(then)
    return max(entropy(probabilities.values()) - after, 0.0) if outcomes else 0.0


def test_gains_are_exact_enough_and_the_best_question_is_asked() -> None:
    chooser, source = Chooser(DOCTOR.knowledge, DOCTOR.ranker), random.Random(3)
    likelihoods, causes = chooser._likelihoods, [*DOCTOR.knowledge.profiles, "not-oauth"]
    empty = Facts(VOCABULARY)
    for _ in range(100):
        names = source.sample(causes, source.choice([2, 3, 10, len(causes)]))
        weights = [source.random() ** source.choice([1, 3, 10]) + 1e-9 for _ in names]
        probabilities = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
        ranked = [
            Ranked(name, share, ()) for name, share in sorted(probabilities.items(), key=itemgetter(1), reverse=True)
        ]
        live = likelihoods.live(ranked, LEAST_LIKELY)
        if live is None:
            assert chooser.question(empty, ranked) is None
            continue
        likely = {name: share for name, share in probabilities.items() if share > LEAST_LIKELY}
        worth = {}
        for told in (True, False):
            gains = Gains(likelihoods, [*chooser._closed, *chooser._coded], told=told).of(live)
            for name in (*chooser._closed, *chooser._coded):
                exact = _expected_gain(chooser, name, likely, told=told)
                assert abs(gains.get(name, 0.0) - exact) < 1e-5
                if told and exact >= chooser.least_gain and name in chooser._closed:
                    worth[name] = exact / chooser.cost(chooser._closed[name])
        question = chooser.question(empty, ranked)
        if question is None:
            assert not worth
        else:
            assert worth[question.fact] > max(worth.values()) - 1e-5
            assert abs(question.gain - worth[question.fact] * chooser.cost(chooser._closed[question.fact])) < 1e-4

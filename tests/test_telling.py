"""A diagnosis written out at once is the JSON of its model, and the screen of questions leaves out only what is worse."""

from __future__ import annotations

import random
from operator import itemgetter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor, FactError
from oauth_doctor.engine.choice import LEAST_LIKELY, Chooser
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.knowledge import FactKind
from oauth_doctor.engine.ranking import Ranked
from oauth_doctor.engine.screening import MARGIN

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


def test_the_screen_is_exact_enough_and_finds_the_best_question() -> None:
    chooser, source = Chooser(DOCTOR.knowledge, DOCTOR.ranker), random.Random(3)
    likelihoods, causes = chooser._likelihoods, [*DOCTOR.knowledge.profiles, "not-oauth"]
    empty = Facts(VOCABULARY)
    for _ in range(200):
        names = source.sample(causes, source.choice([2, 3, 10, len(causes)]))
        weights = [source.random() ** source.choice([1, 3, 10]) + 1e-9 for _ in names]
        probabilities = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
        ranked = [
            Ranked(name, share, ()) for name, share in sorted(probabilities.items(), key=itemgetter(1), reverse=True)
        ]
        live = likelihoods.live(ranked, LEAST_LIKELY)
        if live is None:
            continue
        for told in (True, False):
            screen = chooser._screen(told=told) or chooser._screen(told=told)  # none for the first question
            assert screen is not None
            screened = screen.gains(live, ())
            for name, fact in chooser._closed.items():
                exact = likelihoods.expected_gain(fact, live, told=told)
                assert abs(screened.get(name, 0.0) - exact) < MARGIN / 2
        # As it was found before there was a screen: every question weighed in full.
        weighed = [(likelihoods.expected_gain(fact, live, told=True), fact) for fact in chooser._closed.values()]
        best = min(
            ((-gain / chooser.cost(fact), fact.id) for gain, fact in weighed if gain >= chooser.least_gain),
            default=None,
        )
        question = chooser.question(empty, ranked)
        assert (question.fact if question else None) == (best[1] if best else None)

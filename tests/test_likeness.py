"""Laws of the likeness: what a case's words and circumstances say, whoever arranged them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.knowledge.likeness import LikenessTable, read_likeness, row_of, row_text
from oauth_doctor.engine.knowledge.names import LIKENESS, NOT_OAUTH
from oauth_doctor.engine.likeness import NO_LIKENESS, Likeness, LikenessReader
from oauth_doctor.engine.ranking import Ranker

DOCTOR = Doctor(evaluator="own")
KNOWLEDGE = DOCTOR.knowledge
LEAST = KNOWLEDGE.calibration["likeness_least"]
READER = LikenessReader(KNOWLEDGE.likeness, LEAST)
RANKER = Ranker(KNOWLEDGE)
VOCABULARY = sorted(KNOWLEDGE.likeness.words)
CIRCUMSTANCES = sorted(KNOWLEDGE.likeness.circumstances)
NOTHING = Facts(KNOWLEDGE.vocabulary)
words = st.lists(st.sampled_from(VOCABULARY), max_size=60)
circumstances = st.lists(st.sampled_from(CIRCUMSTANCES), max_size=15)


def probabilities(likeness: Likeness) -> dict[str, float]:
    return {item.cause: item.probability for item in RANKER.rank(NOTHING, set(), [], likeness=likeness)}


@given(words, circumstances)
def test_shares_add_up_and_have_a_floor(said: list[str], known: list[str]) -> None:
    sums = READER.judge(said, known).sums
    if not said and not known:
        assert sums == {}
        return
    causes = len(KNOWLEDGE.likeness.causes)
    shares = [math.exp(value) / causes for value in sums.values()]
    assert sum(shares) == pytest.approx(1 + LEAST * causes)
    assert min(shares) >= LEAST * (1 - 1e-9)


@given(words, circumstances)
def test_it_never_makes_none_of_these_more_likely(said: list[str], known: list[str]) -> None:
    before, after = probabilities(NO_LIKENESS), probabilities(READER.judge(said, known))
    assert sum(after.values()) == pytest.approx(1)
    assert after[NOT_OAUTH] <= before[NOT_OAUTH] + 1e-9


@given(words, circumstances)
def test_who_is_more_alike_gains_no_less_and_nobody_more_than_the_bound(said: list[str], known: list[str]) -> None:
    likeness = READER.judge(said, known)
    trust, most = KNOWLEDGE.calibration["likeness"], KNOWLEDGE.calibration["likeness_most"]
    for cause, share in likeness.sums.items():
        found = RANKER.alike(cause, likeness)
        if found is not None:
            assert found.counted == pytest.approx(min(trust * share, most))


@given(words, circumstances)
def test_order_and_repetition_do_not_matter(said: list[str], known: list[str]) -> None:
    one = READER.judge(said, known).sums
    other = READER.judge([*reversed(said), *said], list(reversed(known))).sums
    assert one.keys() == other.keys()
    assert all(one[cause] == pytest.approx(other[cause]) for cause in one)


@given(st.text(max_size=300), words)
def test_only_words_of_the_knowledge_are_named(noise: str, said: list[str]) -> None:
    """A trace names words that our own reports use, so that nothing of a text can leave through it."""
    likeness = READER.read(f"{noise} {' '.join(said)} {noise}", NOTHING)
    for cause in likeness.sums:
        assert set(likeness.telling(cause)) <= set(VOCABULARY)


def test_a_message_that_no_rule_knows_is_like_others_of_its_cause() -> None:
    text = "Cookies from that other site are dropped by Safari, so the silent iframe renewal does not find a session."
    assert max(READER.read(text, NOTHING).sums.items(), key=lambda item: item[1])[0] == "third-party-cookies-blocked"


@pytest.mark.parametrize("text", ["it does not work", "hello", "My pizza is cold"])
def test_a_few_words_make_no_diagnosis(text: str) -> None:
    assert all(item.probability < 0.2 for item in DOCTOR.examine(text).ranked if item.cause != NOT_OAUTH)


def test_circumstances_beyond_some_share_what_those_count() -> None:
    table = LikenessTable(("a", "b"), (0, 0), {}, {f"f{number}=x": "0,1" for number in range(12)})
    six, twelve = (LikenessReader(table, 1e-9).judge((), list(table.circumstances)[:n]).sums["a"] for n in (6, 12))
    assert six == pytest.approx(twelve)


def test_a_long_text_is_no_surer_than_a_short_one_of_the_same_kind() -> None:
    table = LikenessTable(("a", "b"), (0, 0), {f"w{number}": "2,0,3" for number in range(100)})
    reader = LikenessReader(table, 1e-9)
    four, hundred = (reader.judge(list(table.words)[:n], ()).sums["a"] for n in (4, 100))
    assert four < hundred < math.log(2)
    assert reader.judge(list(table.words)[:1], ()).telling("a") == ["w0"]


def test_the_trace_shows_it() -> None:
    diagnosis = DOCTOR.diagnose(
        "redirect_uri_mismatch: the redirect uri in the request does not match the registered one"
    )
    shown = [item for item in diagnosis.causes[0].evidence if item.rule == LIKENESS]
    assert len(shown) == 1
    assert shown[0].weight >= 0.3
    assert "redirect" in (shown[0].why or "")


def test_a_file_is_read_as_it_is_written() -> None:
    table = LikenessTable(("a", "b"), (0.5, -0.25), {"redirect uri": "6.1,0,4.2,1,-1"}, {"phase=consent": "1,0.33"})
    again, problems = read_likeness([*table.lines(), "", "# a remark"])
    assert (list(again.causes), list(again.start)) == (list(table.causes), list(table.start))
    assert (again.words, again.circumstances, problems) == (table.words, table.circumstances, [])
    assert row_of(row_text([6.1, 0, 4.2])) == [6.1, 0, 4.2]
    assert list(read_likeness(KNOWLEDGE.likeness.lines())[0].lines()) == list(KNOWLEDGE.likeness.lines())


@pytest.mark.parametrize(
    "line",
    ["word\tone\t1,0", "word\tone\t1,7,1", "word\tone", "fact\tone\t0,x", "fact\tone\t", "other\tone\t0,1", "noise"],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    _, problems = read_likeness(["causes\ta\tb", "start\t0,0", line], "kb/likeness.tsv")
    assert [(one.line, one.message) for one in problems] == [(3, "not a line of fitted weights")]
    assert "kb fit" in problems[0].expected


def test_weights_to_start_with_for_each_cause() -> None:
    _, problems = read_likeness(["causes\ta\tb", "start\t0"])
    assert "2 causes, but 1 weights" in problems[0].message

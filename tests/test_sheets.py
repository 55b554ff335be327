"""Answer sheets: what is checked of them, how they are counted, and what their counts make of the authors' figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import KnowledgeError, load_knowledge
from oauth_doctor.engine.knowledge import FactKind, Knowledge
from oauth_doctor.engine.knowledge.compiling.sheets import Sheet, count_sheets
from oauth_doctor.engine.knowledge.load import check_knowledge
from oauth_doctor.engine.knowledge.names import NOT_SHOWN, OTHER
from oauth_doctor.engine.knowledge.sheets import ANY, Sheets
from oauth_doctor.engine.shares import Shares

KNOWLEDGE = load_knowledge()
CAUSES = list(KNOWLEDGE.profiles)
SHARES = Shares(KNOWLEDGE, CAUSES, authored=10, all_phases=5)

sheets = st.lists(
    st.tuples(
        st.sampled_from(["one", "two", "three"]),
        st.fixed_dictionaries(
            {"phase": st.sampled_from(["refresh", "callback"])},
            optional={
                "error": st.sampled_from(["a", "b", NOT_SHOWN]),
                "affects": st.sampled_from(["one_user", "all_users"]),
            },
        ),
    ),
    max_size=30,
)


@given(sheets)
def test_every_sheet_is_counted_once(rows: list[Sheet]) -> None:
    found = Sheets(count_sheets(rows))
    for name in ("phase", "error", "affects"):
        told = [(cause, known) for cause, known in rows if name in known]
        for phase, cause, count in found.counts(name, ANY):
            same = [row for row in told if (row[1]["phase"], row[0]) == (found.phases[phase], found.causes[cause])]
            assert count == len(same)
        assert sum(count for *_, count in found.counts(name, ANY)) == len(told)
        assert sum(found.values.get(name, {}).values()) == len(told)
        for value, number in found.values.get(name, {}).items():
            assert sum(count for *_, count in found.counts(name, value)) == number
            assert value == OTHER or number == sum(known[name] == value for _, known in told) > 1


def closed() -> Iterator[tuple[str, list[str]]]:
    for fact in KNOWLEDGE.vocabulary:
        if fact.kind in (FactKind.ONE, FactKind.BOOLEAN) and fact.id in SHARES.values:
            yield fact.id, ["true", "false"] if fact.kind is FactKind.BOOLEAN else list(fact.values)


@pytest.mark.parametrize("phase", [None, "token_exchange", "logout"])
def test_shares_of_all_values_are_one(phase: str | None) -> None:
    for name, values in closed():
        rows = [SHARES.of(name, value, phase) for value in values]
        for column in zip(*rows, strict=True):
            known = [share for share in column if share is not None]
            assert len(known) in (0, len(values))
            assert not known or sum(known) == pytest.approx(1.0, abs=0.05)  # what is never seen is not quite nothing


@pytest.mark.parametrize("name", ["error", "http_status", "provider_code", "provider", "library"])
def test_shares_of_open_values_are_one_nearly(name: str) -> None:
    values = list(SHARES.values[name])
    columns = zip(*(SHARES.of(name, value, "callback") for value in values), strict=True)
    for column in columns:  # hundreds of values that nobody saw are each a little likely
        assert 0.9 < sum(share or 0.0 for share in column) < 1.0 + 0.003 * len(values)


def _knowledge(tmp_path: Path, rows: str) -> Knowledge:
    folder = tmp_path / "kb" / "sheets"
    folder.mkdir(parents=True)
    (folder / "own.csv").write_text("cause,phase,error,affects\n" + rows, encoding="utf-8")
    return load_knowledge([tmp_path], use_cache=False)


def test_own_sheets_move_the_figures_towards_them(tmp_path: Path) -> None:
    row = "consent-denied,logout,strange_error,one_user\n"
    more = _knowledge(tmp_path, row * 400)
    place = CAUSES.index("consent-denied")
    shares = Shares(more, CAUSES, authored=10, all_phases=5)
    for name, value in (("error", "strange_error"), ("affects", "one_user"), ("phase", "logout")):
        before, after = SHARES.of(name, value)[place], shares.of(name, value)[place]
        assert before is not None
        assert after is not None
        assert before < after > 0.6
    assert (shares.of("error", "strange_error", "logout")[place] or 0.0) > 0.97
    # Other causes only learn that there is such a value.
    other = CAUSES.index("clock-skew")
    assert (shares.of("error", "strange_error")[other] or 0.0) < 0.05


@given(st.floats(0.5, 500), st.sampled_from(CAUSES))
def test_between_the_author_and_the_sheets(authored: float, cause: str) -> None:
    place = CAUSES.index(cause)
    said = KNOWLEDGE.profiles[cause]["profile"]["worked_before"]["true"]
    told = dict.fromkeys(("true", "false"), 0)
    for value in told:
        told[value] = sum(
            count
            for _, number, count in KNOWLEDGE.sheets.counts("worked_before", value)
            if KNOWLEDGE.sheets.causes[number] == cause
        )
    seen = told["true"] / sum(told.values())
    share = Shares(KNOWLEDGE, CAUSES, authored=authored, all_phases=5).of("worked_before", "true")[place]
    assert share is not None
    assert min(said, seen) - 1e-9 <= share <= max(said, seen) + 1e-9
    assert math.isfinite(share)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("cause,phase\nno-such-cause,refresh\n", "own.csv:2:1: unknown cause 'no-such-cause'"),
        ("cause,phase\nclock-skew,sometime\n", "own.csv:2:1: 'sometime' is not a value of fact phase"),
        ("cause,phase\nclock-skew,\n", "own.csv:2:1: no phase"),
        ("cause,phase,moon\nclock-skew,refresh,full\n", "own.csv:1:1: unknown fact 'moon'"),
        ("cause,affects\nclock-skew,one_user\n", "own.csv:1:1: no column 'phase'"),
        ("phase\nrefresh\n", "own.csv:1:1: no column 'cause'"),
        ("cause,phase\nclock-skew,refresh,yes\n", "own.csv:2:1: 3 cells; expected 2, as in line 1"),
        ('cause,phase\n"clock-skew,refresh\n', "own.csv:2:1: unexpected end of data"),
        ("", "own.csv:1:1: no column 'cause'"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_said_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    folder = tmp_path / "kb" / "sheets"
    folder.mkdir(parents=True)
    (folder / "own.csv").write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError) as error:
        check_knowledge([tmp_path])
    assert message in str(error.value)


def test_sheets_lie_in_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "kb" / "causes"
    folder.mkdir(parents=True)
    (folder / "own.csv").write_text("cause,phase\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="unknown place"):
        check_knowledge([tmp_path])


def test_every_cause_has_sheets_in_several_phases() -> None:
    for cause in CAUSES:
        number = KNOWLEDGE.sheets.causes.index(cause)
        rows = [count for _, one, count in KNOWLEDGE.sheets.counts("phase", ANY) if one == number]
        assert sum(rows) >= 100, cause

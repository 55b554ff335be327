"""Knowledge files: every mistake at once, each with its place and what is expected; layers; the cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor, KnowledgeError, load_knowledge
from oauth_doctor.engine.knowledge import cache, check_knowledge
from oauth_doctor.engine.knowledge.files import fingerprint, list_files, read_files, stamp
from oauth_doctor.engine.knowledge.packed import Packed
from oauth_doctor.engine.knowledge.packed import pack as packed
from oauth_doctor.engine.knowledge.yaml_source import Source

RULES = """\
signatures:
  - id: acme-broken
    pattern: '(?=lookahead)'
    supports: {redirect-uri-mismatch: strong}
  - id: acme-group
    pattern: 'acme (?P<code>\\d+)'
    facts: {provider_code: 'ACME{number}', phase: nowhere}
rules:
  - id: acme-unknown-fact
    when: {phse: callback}
    supports: {redirect-uri-mismatch: strong}
  - id: acme-unknown-value
    when: {phase: calback}
    supports: {redirect-uri-mismatch: strong}
  - id: acme-unknown-cause
    when: {phase: callback}
    supports: {redirect-uri-missmatch: strong}
  - id: acme-unknown-strength
    when: {phase: callback}
    supports: {redirect-uri-mismatch: huge}
  - id: acme-contradiction
    when: {all: [{phase: callback}, {phase: refresh}]}
    supports: {redirect-uri-mismatch: strong}
  - id: acme-always
    when: {not: {phase: callback}}
    supports: {redirect-uri-mismatch: strong}
  - id: acme-unknown-signature
    when: {saw: no-such-signature}
    supports: {redirect-uri-mismatch: strong}
  - id: acme-twice
    when: {phase: callback}
    supports: {redirect-uri-mismatch: strong}
  - id: acme-twice
    when: {phase: callback}
    supports: {redirect-uri-mismatch: strong}
"""
CAUSE = """\
---
id: acme-cause
title: A cause
summary: A cause that is there to be wrong in several places at once.
prior: frequent
profile: {phase: {callback: often}}
references: [{title: R, url: "https://example.com/", checked: 2026-01-01}]
steps:
  - {id: one, who: agent, minutes: 1}
  - {id: two, who: agent, minutes: 1}
---
## one
Look at {{ platform.no_such_term }} and {{ provder.name }}
and {{ facts.phase }}.

## three
Belongs to no step.
"""


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge([folder], use_cache=False)
    with pytest.raises(KnowledgeError) as checked:
        check_knowledge([folder])
    assert checked.value.problems == caught.value.problems
    return [str(problem).replace(str(folder) + "/", "") for problem in caught.value.problems]


def test_all_mistakes_are_reported_at_once_with_their_places(pack: Path) -> None:
    (pack / "rules" / "acme.yaml").write_text(RULES)
    (pack / "kb" / "causes").mkdir(parents=True)
    (pack / "kb" / "causes" / "acme-cause.md").write_text(CAUSE)
    found = problems_of(pack)
    expected = [
        ("rules/acme.yaml:3:14", "pattern cannot be compiled", "RE2"),
        ("rules/acme.yaml:7:28", "no group 'number'", "code"),
        ("rules/acme.yaml:7:51", "'nowhere' is not a value of fact phase", "one of"),
        ("rules/acme.yaml:10:18", "unknown fact 'phse'", "phase"),
        ("rules/acme.yaml:13:19", "'calback' is not a value", "callback"),
        ("rules/acme.yaml:17:40", "unknown cause 'redirect-uri-missmatch'", "redirect-uri-mismatch"),
        ("rules/acme.yaml:20:39", "unknown strength 'huge'", "decisive"),
        ("rules/acme.yaml:22:11", "can never fire", "contradiction"),
        ("rules/acme.yaml:25:11", "would fire on an empty case", "known"),
        ("rules/acme.yaml:28:11", "unknown signature 'no-such-signature'", ""),
        ("rules/acme.yaml:33:9", "rule 'acme-twice' stands twice", "acme.yaml:30"),
        ("kb/causes/acme-cause.md:5:8", "unknown prior 'frequent'", "common"),
        ("kb/causes/acme-cause.md:6:29", "unknown frequency 'often'", "common"),
        ("kb/causes/acme-cause.md:10:5", "step 'two' has no text", "## two"),
        ("kb/causes/acme-cause.md:13:1", "platform.no_such_term does not exist", ""),
        ("kb/causes/acme-cause.md:13:1", "provder.name does not exist", "provider"),
        ("kb/causes/acme-cause.md:16:1", "section 'three' belongs to no step", "one, two"),
    ]
    for place, message, wanted in expected:
        assert any(
            p.startswith(place + ":") and message in p and wanted in p.partition("expected")[2] for p in found
        ), (
            place,
            message,
            found,
        )
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rules: [", "not valid YAML"),
        ("rules:\n  - {id: a, when: {phase: callback}, suports: {}}", "unknown key"),
        ("rules:\n  - {id: a, id: b}", "stands twice"),
        ("rules:\n  - {when: {phase: callback}}", "is missing"),
        ("rules: 7", "cannot be 7"),
        ("rules: *nowhere\nscenarios: [", "undefined alias"),
        ("rules: &a [*a]", "undefined alias"),
        (
            "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
            + "".join(f"{at}: &{at} [{', '.join([f'*{chr(ord(at) - 1)}'] * 10)}]\n" for at in "bcdefghijk"),
            "aliases repeat more than 1,000,000 values",
        ),
        ("rules: &a []\nscenarios: &a []", "second occurrence"),
        ("rules: []\n---\nrules: []", "another document"),
    ],
)
def test_broken_files_are_named_with_line(pack: Path, content: str, message: str) -> None:
    (pack / "rules" / "acme.yaml").write_text(content)
    assert any(p.startswith("rules/acme.yaml:") and message in p for p in problems_of(pack))


def test_contents_are_counted_as_they_are_compiled(doctor: Doctor) -> None:
    known, found = doctor.knowledge, check_knowledge()
    assert (found.causes, found.signatures, found.rules) == (
        len(known.causes),
        known.signature_count,
        len(known.conditions),
    )
    assert (found.codes, found.providers, found.libraries) == (
        known.code_count,
        len(known.providers),
        len(known.libraries),
    )


def test_places_are_the_same_whoever_asks_first() -> None:
    text = "a:\n  - {b: 1, c: [x, {d: 2}]}\n7: &t {e: yes}\nf: *t\n"
    places = {
        (): (1, 1), ("a",): (2, 3), ("a", 0): (2, 5), ("a", 0, "b"): (2, 9), ("a", 0, "c", 1, "d"): (2, 23), (7,): (3, 4),
        ("f", "e"): (3, 11), ("a", 0, "nowhere"): (2, 5), ("a", 9, "b"): (2, 3), ("g",): (1, 1),
    }  # fmt: skip
    for first in places:
        source = Source("file.yaml", text, first_line=1)
        assert source.place(first) == places[first]
        assert {path: source.place(path) for path in places} == places
    assert Source("file.yaml", text, first_line=11).place(("a", 0, "c", 0)) == (12, 16)


def test_files_that_are_not_utf8_and_folders_that_are_no_knowledge(pack: Path, tmp_path: Path) -> None:
    (pack / "rules" / "acme.yaml").write_bytes(b"rules:\n  - \xff\xfe")
    assert problems_of(pack) == ["rules/acme.yaml:2:1: not valid UTF-8; expected UTF-8 text"]
    with pytest.raises(KnowledgeError, match="no knowledge folder"):
        load_knowledge([tmp_path / "absent"])


def test_a_folder_extends_and_overrides_by_id(pack: Path, doctor: Doctor) -> None:
    (pack / "kb" / "codes").mkdir(parents=True)
    (pack / "kb" / "codes" / "acme.yaml").write_text(
        "provider: acme\ncodes:\n  ACME-1: {title: Acme says so, means: {client-disabled: decisive}}\n"
    )
    (pack / "kb" / "providers").mkdir()
    (pack / "kb" / "providers" / "acme.yaml").write_text("id: acme\nname: Acme\n")
    (pack / "kb" / "platforms").mkdir()
    (pack / "kb" / "platforms" / "creatio.yaml").write_text(
        "id: creatio\nname: Our Creatio\nterms: {app: our Creatio}\n"
    )
    (pack / "rules" / "acme.yaml").write_text(
        "signatures:\n  - id: acme-code\n    pattern: '(?P<code>ACME-\\d+)'\n"
        "    facts: {provider: acme, provider_code: '{code}'}\n"
    )
    ours = Doctor(knowledge=[pack])
    diagnosis = ours.diagnose("failed: ACME-1")
    assert (diagnosis.verdict, diagnosis.causes[0].id) == ("diagnosed", "client-disabled")
    assert ours.knowledge.platforms["creatio"].name == "Our Creatio"
    assert doctor.knowledge.platforms["creatio"].name == "Creatio"


def test_templates_run_no_code(pack: Path) -> None:
    (pack / "kb" / "causes").mkdir(parents=True)
    evil = CAUSE.replace("frequent", "rare").replace("often", "usual").replace("acme-cause", "evil")
    evil = evil.replace("  - {id: two, who: agent, minutes: 1}\n", "").replace("## three\nBelongs to no step.\n", "")
    body = "{{ facts.__class__.__mro__ }}{{ ().__class__.__base__.__subclasses__() }}"
    head = evil.partition("## one")[0]
    (pack / "kb" / "causes" / "evil.md").write_text(f"{head}## one\n{body}\n")
    assert any("facts.__class__" in problem for problem in problems_of(pack))


INCIDENTS = """\
{"text": "wumpus says no", "facts": {"phase": "callback", "flow": null}, "cause": "redirect-uri-mismatch", "why": "typo"}
{"text": "wumpus", "facts": {"phase": "calback"}, "cause": "redirect-uri-mismatch"}

{"text": "wumpus", "cause": "redirect-uri-missmatch", "also": ["no-such"]}
{"text": "wumpus", "cause": "clock-skew", "reason": "x"}
{"cause": "clock-skew"}
{"text": "wumpus"
"""


def test_mistakes_in_incidents_are_named_with_line(pack: Path) -> None:
    folder = pack / "kb" / "incidents"
    folder.mkdir(parents=True)
    (folder / "acme.jsonl").write_text(INCIDENTS)
    (pack / "rules" / "stray.jsonl").write_text("{}\n")
    found = problems_of(pack)
    expected = [
        ("kb/incidents/acme.jsonl:2:1", "'calback' is not a value", "callback"),
        ("kb/incidents/acme.jsonl:4:1", "unknown cause 'redirect-uri-missmatch'", "redirect-uri-mismatch"),
        ("kb/incidents/acme.jsonl:4:1", "unknown cause 'no-such'", ""),
        ("kb/incidents/acme.jsonl:5:1", "reason", "text, facts, cause"),
        ("kb/incidents/acme.jsonl:6:1", "text", "text, facts, cause"),
        ("kb/incidents/acme.jsonl:7:1", "the line: invalid json", "text, facts, cause"),
        ("rules/stray.jsonl", "unknown place", "kb/incidents/"),
    ]
    assert len(found) == len(expected), found
    for place, message, wanted in expected:
        assert any(p.startswith(place + ":") and message in p and wanted in p for p in found), (place, message, found)


def test_a_pack_brings_its_own_likeness(pack: Path) -> None:
    (pack / "kb").mkdir(exist_ok=True)
    (pack / "kb" / "likeness.tsv").write_text("causes\tclock-skew\nstart\t0\nword\twumpus quagmire\t1,0,2\n")
    table = load_knowledge([pack]).likeness
    assert (list(table.causes), dict(table.words)) == (["clock-skew"], {"wumpus quagmire": "1,0,2"})
    (pack / "kb" / "likeness.tsv").write_text("causes\tclock-skew\nstart\t0\nword\twumpus\n")
    (pack / "rules" / "stray.tsv").write_text("")
    assert [problem.partition(": ")[0] for problem in problems_of(pack)] == ["kb/likeness.tsv:3:1", "rules/stray.tsv"]


def test_the_same_files_are_compiled_to_the_same_bytes(tmp_path: Path) -> None:
    code = "from oauth_doctor.engine import load_knowledge; load_knowledge()"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "OAUTH_DOCTOR_CACHE": str(tmp_path / seed)},
        )
        for seed in ("1", "2")
    ]
    assert [run.wait(120) for run in runs] == [0, 0]
    first, second = ({file.name: file.read_bytes() for file in (tmp_path / seed).iterdir()} for seed in ("1", "2"))
    assert first
    assert first == second


def test_a_damaged_cache_is_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTH_DOCTOR_CACHE", str(tmp_path))
    first = load_knowledge()
    (file,) = tmp_path.glob("knowledge-[0-9a-f]*.json")
    whole = file.read_bytes()
    for damaged in (b"", whole[:-20], whole[:100] + b"x" + whole[101:], b"\x00" * 50):
        file.write_bytes(damaged)
        again = load_knowledge()
        assert again.key == first.key
        assert list(again.causes) == list(first.causes)
        assert file.read_bytes() == whole


def test_the_cache_follows_the_content(pack: Path, tmp_path: Path) -> None:
    rule = pack / "rules" / "acme.yaml"
    rule.write_text("rules: []\n")
    before = fingerprint(read_files(list_files([pack])), "")
    rule.write_text("rules: []\n# changed\n")
    assert fingerprint(read_files(list_files([pack])), "") != before


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("OAUTH_DOCTOR_CACHE", str(blocked / "below"))
    assert load_knowledge().causes
    assert cache.load("0") is None


def test_processes_that_start_together_share_the_cache(tmp_path: Path) -> None:
    code = "from oauth_doctor.engine import load_knowledge; print(len(load_knowledge().causes))"
    environment = {**os.environ, "OAUTH_DOCTOR_CACHE": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    counts = {process.communicate()[0].strip() for process in running}
    assert len(counts) == 1
    assert all(process.returncode == 0 for process in running)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("knowledge-")] == []


def test_files_are_recognised_unread_once_they_have_settled(pack: Path) -> None:
    (pack / "rules" / "acme.yaml").write_text("rules: []\n")
    assert stamp(list_files([pack]), "") is None  # just written: may change again within one tick of the clock
    listed = [file._replace(looks=(file.looks[0], 10**18, 10**18, file.looks[3])) for file in list_files([pack])]
    assert stamp(listed, "") == stamp(list(listed), "")
    for place in range(4):
        looks = list(listed[-1].looks)
        looks[place] += 1
        assert stamp([*listed[:-1], listed[-1]._replace(looks=tuple(looks))], "") != stamp(listed, "")
    assert stamp(listed[:-1], "") != stamp(listed, "")


def test_what_is_remembered_of_files_never_outlives_their_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTH_DOCTOR_CACHE", str(tmp_path))
    cache.remember("0" * 40, "1" * 40)
    assert cache.key_of("0" * 40) == "1" * 40
    assert cache.load("1" * 40) is None
    cache.remember("0" * 40, "../../etc/passwd")
    assert cache.key_of("0" * 40) is None


rows = st.recursive(
    st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.lists(rows), st.dictionaries(st.text(max_size=8), rows), rows)
def test_packed_knowledge_reads_as_it_was(listed: list, table: dict, whole: object) -> None:
    found = Packed(packed({"rules": listed, "codes/x": table, "atoms": whole}))
    assert list(found["rules"]) == listed
    assert dict(found["codes/x"]) == table
    assert found["atoms"] == whole
    assert list(found) == ["rules", "codes/x", "atoms"]

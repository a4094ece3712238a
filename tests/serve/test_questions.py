"""The handlers, called as functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from eir import records
from eir.engine import NO_SVN, Engine
from eir.errors import InvalidField
from eir.lists import Verdict
from eir.policy import Policy
from eir.serve.counters import ErrorKind, SharedRows, Totals
from eir.serve.questions import MAX_BATCH, Questions
from eir.v1 import check_pb2 as pb
from store.environment import Environment
from store.errors import StoreBroken
from tests.effort import tries
from tests.serve.running import BLACK, DEADLINE, GREY, IMSI, NOBODY, RANGED, WHITE, fill

NOW = 1_750_000_000
IMEIS = (WHITE, BLACK, GREY, RANGED, NOBODY, 0, 44 * 10**8, 10**14 - 1)
IMSIS = (0, IMSI, 310150123456789)


class Asking:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOW
        self.rows = SharedRows.create(1)
        self.questions = Questions(engine, self.rows.row(0), lambda: self.now)

    def check(self, **fields: str) -> pb.CheckResponse:
        return pb.CheckResponse.FromString(self.questions.check(pb.CheckRequest(**fields).SerializeToString()))

    def batch(self, imei: list[int], imsi: list[int] = []) -> pb.CheckBatchResponse:  # noqa: B006
        request = pb.CheckBatchRequest(imei=imei, imsi=imsi).SerializeToString()
        return pb.CheckBatchResponse.FromString(self.questions.check_batch(request))

    def expected(self, text: str, imsi: int = 0, svn: int = NO_SVN) -> pb.CheckResponse:
        with self.engine.view(self.now) as view:
            verdict = view.check_network(text, imsi, svn)
            return pb.CheckResponse(**verdict._asdict(), as_of=view.as_of)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    path = tmp_path_factory.mktemp("questions") / "store"
    fill(path)
    with Environment.open(path, records.SCHEMA) as opened:
        yield opened


@pytest.fixture(scope="module")
def asking(environment: Environment) -> Asking:
    return Asking(Engine(environment, Policy.default()))


@pytest.mark.parametrize("imei", [f"{imei:014}" for imei in IMEIS] + [f"{RANGED:014}07", "*#06#", "abc", "A" * 16, "0"])
@pytest.mark.parametrize("imsi", ["", f"{IMSI}", "310150123456789", "123456"])
def test_an_answer_is_the_engines_verdict(asking: Asking, imei: str, imsi: str) -> None:
    assert asking.check(imei=imei, imsi=imsi) == asking.expected(imei, int(imsi or 0))


def test_a_grey_answer_carries_its_deadline_and_turns_black_after_it(environment: Environment) -> None:
    asking = Asking(Engine(environment, Policy.default()))
    before = asking.check(imei=str(GREY))
    assert (before.status, before.deadline) == (pb.EQUIPMENT_STATUS_GREYLISTED, DEADLINE)
    asking.now = DEADLINE
    after = asking.check(imei=str(GREY))
    assert (after.status, after.deadline) == (pb.EQUIPMENT_STATUS_BLACKLISTED, 0)


def test_the_software_version_counts_only_where_the_imei_has_none(asking: Asking) -> None:
    blocked, other = f"{RANGED:014}07", f"{RANGED:014}08"
    assert asking.check(imei=f"{RANGED:014}", software_version="07") == asking.expected(blocked)
    assert asking.check(imei=other, software_version="07") == asking.expected(other)
    assert asking.expected(blocked).status != asking.expected(other).status


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"imei": ""}, "imei"),
        ({"imei": "1" * 17}, "imei"),
        ({"imei": "35693803564380x"}, "imei"),
        ({"imei": "۳۵۶۹۳۸۰۳۵۶۴۳۸۰"}, "imei"),
        ({"imei": "35693803564380\n"}, "imei"),
        ({"imei": "1", "imsi": "12345"}, "imsi"),
        ({"imei": "1", "imsi": "1" * 16}, "imsi"),
        ({"imei": "1", "imsi": "43211123456789a"}, "imsi"),
        ({"imei": "1", "software_version": "1"}, "software_version"),
        ({"imei": "1", "software_version": "٠١"}, "software_version"),
    ],
)
def test_what_no_phone_can_send_is_refused_by_field(asking: Asking, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        asking.check(**fields)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("imei", "imsi", "field"),
    [
        ([WHITE, 10**14], [], "imei[1]"),
        ([WHITE] * 3 + [2**64 - 1], [], "imei[3]"),
        ([WHITE], [10**15], "imsi[0]"),
        ([WHITE, BLACK], [IMSI], "imsi"),
        ([], [IMSI], "imsi"),
        ([WHITE] * (MAX_BATCH + 1), [], "imei"),
    ],
)
def test_a_wrong_batch_is_refused_by_field(asking: Asking, imei: list[int], imsi: list[int], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        asking.batch(imei, imsi)
    assert caught.value.field == field


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05abc", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_message_are_refused(asking: Asking, data: bytes) -> None:
    for handler in asking.questions.handlers().values():
        with pytest.raises(InvalidField) as caught:
            handler(data)
        assert caught.value.field == "request"


@given(rows=st.lists(st.tuples(st.sampled_from(IMEIS), st.sampled_from(IMSIS)), max_size=300), imsis=st.booleans())
def test_a_batch_answers_as_its_single_questions_do(asking: Asking, rows: list[tuple[int, int]], imsis: bool) -> None:
    answer = asking.batch([imei for imei, _ in rows], [imsi for _, imsi in rows] if imsis else [])
    singles = [asking.expected(f"{imei:014}", imsi if imsis else 0) for imei, imsi in rows]
    assert list(answer.status) == [single.status for single in singles]
    assert list(answer.rule) == [single.rule for single in singles]
    assert list(answer.reason) == [single.reason for single in singles]
    assert answer.as_of == 1


def test_the_largest_batch_is_answered(asking: Asking) -> None:
    assert len(asking.batch([WHITE] * MAX_BATCH, [IMSI] * MAX_BATCH).status) == MAX_BATCH


@pytest.mark.parametrize("seq", [0, 1, 127, 128, 2**32, 2**63])
def test_any_sequence_number_is_written_as_protobuf_does(asking: Asking, seq: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.snapshot.Snapshot.seq", seq)
    assert asking.check(imei=str(WHITE)).as_of == seq
    assert asking.batch([WHITE]).as_of == seq


def test_a_commit_is_in_the_next_answer(store: Path) -> None:
    with Environment.open(store, records.SCHEMA) as environment:
        asking = Asking(Engine(environment, Policy.default()))
        before = asking.check(imei=str(NOBODY))
        record = records.encode_device(records.Device(records.Listing(records.Lists.BLACK, records.Reason.LOST)))
        environment.commit(lambda commit: (commit.put("status", records.imei_key(NOBODY), record), b""))
        after = asking.check(imei=str(NOBODY))
    assert (before.status, before.as_of) == (pb.EQUIPMENT_STATUS_UNKNOWN, 1)
    assert (after.status, after.as_of) == (pb.EQUIPMENT_STATUS_BLACKLISTED, 2)


def answered(totals: Totals) -> int:
    return sum(totals.answered(status, rule) for status in range(8) for rule in range(16))


def failed(totals: Totals, *kinds: ErrorKind) -> int:
    return sum(totals.failed(kind) for kind in kinds or ErrorKind)


_QUESTIONS = st.one_of(
    st.builds(
        pb.CheckRequest,
        imei=st.sampled_from(["35693803564380", "35693803564381", "*#", "", "x", "0" * 14]),
        imsi=st.sampled_from(["", f"{IMSI}", "1"]),
    ),
    st.builds(
        pb.CheckBatchRequest,
        imei=st.lists(st.sampled_from([*IMEIS, 10**14]), max_size=8),
        imsi=st.one_of(st.just([]), st.lists(st.sampled_from([*IMSIS, 10**15]), max_size=8)),
    ),
    st.binary(max_size=12),
)


@given(st.lists(_QUESTIONS, max_size=20))
def test_received_is_answered_plus_errors_whatever_is_asked(environment: Environment, questions: list[object]) -> None:
    asking = Asking(Engine(environment, Policy.default()))
    calls = 0
    for question in questions:
        asked = isinstance(question, pb.CheckRequest | pb.CheckBatchRequest)
        data = question.SerializeToString() if asked else question
        handler = asking.questions.check_batch if isinstance(question, pb.CheckBatchRequest) else asking.questions.check
        calls += 1
        try:
            handler(data)
        except InvalidField:
            continue
    totals = asking.rows.read()
    assert totals.received == answered(totals) + failed(totals)
    assert sum(totals.durations(0)) + sum(totals.durations(1)) == calls
    rows = [
        max(len(q.imei), len(q.imsi) if not q.imei else 0) if isinstance(q, pb.CheckBatchRequest) else 1 for q in questions
    ]
    assert totals.received == sum(rows)


def test_a_broken_store_is_counted_as_ours(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Verdict:
        raise StoreBroken("a record does not parse")

    before = asking.rows.read()
    monkeypatch.setattr("eir.engine.View.check_network", broken)
    with pytest.raises(StoreBroken):
        asking.check(imei=str(WHITE))
    after = asking.rows.read()
    assert after.failed(ErrorKind.INTERNAL) == before.failed(ErrorKind.INTERNAL) + 1
    assert after.received == before.received + 1


# ---- whatever the bytes

_SEEDS = [
    pb.CheckRequest(imei=f"{RANGED:014}", imsi=f"{IMSI}", software_version="07").SerializeToString(),
    pb.CheckRequest(imei="*#06#").SerializeToString(),
    pb.CheckBatchRequest(imei=IMEIS).SerializeToString(),
    pb.CheckBatchRequest(imei=[WHITE, GREY], imsi=[IMSI, 0]).SerializeToString(),
]
_FIELD = st.tuples(st.integers(0, 40), st.integers(0, 5)).map(lambda field: bytes([(field[0] << 3 | field[1]) & 0x7F]))


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    """Parts of right messages: cut, joined, repeated, with bytes and fields of other types between them."""
    data = b""
    for seed in draw(st.lists(st.sampled_from(_SEEDS), min_size=1, max_size=3)):
        start, end = sorted((draw(st.integers(0, len(seed))), draw(st.integers(0, len(seed)))))
        part = draw(st.sampled_from([seed, seed[start:end], seed[:start] + seed[end:]]))
        data += draw(st.one_of(st.just(b""), st.binary(max_size=6), _FIELD)) + part
    changed = bytearray(data)
    for at in draw(st.lists(st.integers(0, max(0, len(data) - 1)), max_size=4 if data else 0)):
        changed[at] = draw(st.integers(0, 255))
    return bytes(changed)


@tries(150)
@given(calls=st.lists(st.tuples(st.booleans(), st.one_of(_mutated(), st.binary(max_size=200))), min_size=1, max_size=8))
def test_any_bytes_get_an_answer_or_a_refusal_and_are_counted(asking: Asking, calls: list[tuple[bool, bytes]]) -> None:
    before = asking.rows.read()
    rows = 0
    for batch, data in calls:
        handler, kind, answer = (
            (asking.questions.check_batch, pb.CheckBatchRequest, pb.CheckBatchResponse)
            if batch
            else (asking.questions.check, pb.CheckRequest, pb.CheckResponse)
        )
        try:
            told = answer.FromString(handler(data))
        except InvalidField as refusal:
            assert refusal.field
            asked = _decoded(kind, data)
        else:
            asked = kind.FromString(data)
            assert told.as_of == 1
            if isinstance(told, pb.CheckBatchResponse):
                assert len(told.status) == len(told.rule) == len(told.reason) == len(asked.imei)
        rows += (len(asked.imei) or len(asked.imsi)) if batch and asked is not None else 1
    after = asking.rows.read()
    assert after.received - before.received == rows
    assert after.received == answered(after) + failed(after)
    assert failed(after, ErrorKind.INTERNAL) == failed(before, ErrorKind.INTERNAL)


def _decoded(kind: type[Any], data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError:
        return None

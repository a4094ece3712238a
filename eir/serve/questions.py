"""The handlers of EquipmentIdentity: request bytes to response bytes, for whatever transport carries them.

A question costs its lookups and little else. So an answer is not built field by field: for each verdict its bytes are made
once and kept, and what differs between answers, the commit they were read from, is appended (fields of a message may come in
any order, and parts of one message may be joined: protobuf encoding, "Message Structure"). Nothing is logged here; a
question is counted with two integer increments and a call with two more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns

from google.protobuf.message import DecodeError

from eir.engine import NO_SVN, Engine
from eir.errors import CallerError, InvalidField
from eir.identity import IMEI14_END, imei14_from_network, imsi_number, malformed_key, svn_from_network
from eir.lists import Verdict
from eir.records import MAX_IMSI
from eir.serve.counters import METHODS, Counters, ErrorKind
from eir.v1 import check_pb2 as pb

Handler = Callable[[bytes], bytes]

SERVICE = "eir.v1.EquipmentIdentity"
MAX_BATCH = 65_536
MAX_REQUEST = 2 << 20  # bytes; the largest batch takes half of it
_CHECK, _CHECK_BATCH = map(METHODS.index, ("Check", "CheckBatch"))
_KEPT = 4096  # verdicts whose bytes are kept; without deadlines there are some hundred
_AS_OF = b"\x28"  # CheckResponse.as_of: field 5, varint
_REASONS = b"\x1a"  # CheckBatchResponse.reason: field 3, packed


class Questions:
    """The handlers over one engine. `clock` gives unix seconds. Used by one thread."""

    def __init__(self, engine: Engine, counters: Counters, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._counters = counters
        self._clock = clock
        self._answers = _Answers()
        self._columns = _Columns()

    def handlers(self) -> Mapping[str, Handler]:
        """By full method name."""
        return {f"/{SERVICE}/Check": self.check, f"/{SERVICE}/CheckBatch": self.check_batch}

    def check(self, data: bytes) -> bytes:
        """CheckRequest to CheckResponse. Raises InvalidField, and what the store raises."""
        begun = perf_counter_ns()
        counters = self._counters
        counters.received()
        try:
            text, imsi, svn = _question(data)
            with self._engine.view(int(self._clock())) as view:
                verdict = view.check_network(text, imsi, svn)
                as_of = view.as_of
            answer = self._answers[verdict] + _AS_OF + _varint(as_of)
            counters.answered(verdict.status << 4 | verdict.rule)
            return answer
        except Exception as error:
            counters.failed(_kind(error))
            raise
        finally:
            counters.called(_CHECK, perf_counter_ns() - begun)

    def check_batch(self, data: bytes) -> bytes:
        """CheckBatchRequest to CheckBatchResponse, read from one commit. Raises InvalidField, and what the store raises."""
        begun = perf_counter_ns()
        counters, asked = self._counters, 0
        try:
            request = _batch(data)
            imeis, imsis = request.imei[:], request.imsi[:]
            asked = len(imeis) or len(imsis)
            counters.received(asked)
            _check_columns(imeis, imsis)
            with self._engine.view(int(self._clock())) as view:
                verdicts = view.check_many(imeis, imsis)
                as_of = view.as_of
            return self._batch_answer(verdicts, as_of)
        except _Undecodable:
            counters.received()
            counters.failed(ErrorKind.UNDECODABLE)
            raise
        except Exception as error:
            counters.failed(_kind(error), asked)
            raise
        finally:
            counters.called(_CHECK_BATCH, perf_counter_ns() - begun)

    def _batch_answer(self, verdicts: Sequence[Verdict], as_of: int) -> bytes:
        rows = b"".join(map(self._columns.__getitem__, verdicts))
        reasons, cells = rows[2::4], rows[3::4]
        head = pb.CheckBatchResponse(status=rows[0::4], rule=rows[1::4], as_of=as_of).SerializeToString()
        answer = b"".join((head, _REASONS, _varint(len(reasons)), reasons)) if reasons else head
        for cell in set(cells):
            self._counters.answered(cell, cells.count(cell))
        return answer


class _Undecodable(InvalidField):
    def __init__(self) -> None:
        super().__init__("request", "the bytes are not this message")


def _kind(error: Exception) -> ErrorKind:
    if isinstance(error, _Undecodable):
        return ErrorKind.UNDECODABLE
    return ErrorKind.INVALID_ARGUMENT if isinstance(error, CallerError) else ErrorKind.INTERNAL


def _question(data: bytes) -> tuple[str, int, int]:
    """IMEI as the network holds it, IMSI (0 = none) and software version of one request."""
    try:
        request = pb.CheckRequest.FromString(data)
    except DecodeError as error:
        raise _Undecodable from error
    text, subscriber, version = request.imei, request.imsi, request.software_version
    if imei14_from_network(text) is None and malformed_key(text) is None:
        raise InvalidField("imei", "expected 1 to 16 of 0-9 A-F * #, as a phone sends it")
    imsi = imsi_number(subscriber) if subscriber else 0
    if imsi is None:
        raise InvalidField("imsi", "expected 6 to 15 digits")
    svn = svn_from_network(version) if version else NO_SVN
    if svn is None:
        raise InvalidField("software_version", "expected two digits")
    return text, imsi, int(svn)


def _batch(data: bytes) -> pb.CheckBatchRequest:
    try:
        return pb.CheckBatchRequest.FromString(data)
    except DecodeError as error:
        raise _Undecodable from error


def _check_columns(imeis: Sequence[int], imsis: Sequence[int]) -> None:
    if len(imeis) > MAX_BATCH:
        raise InvalidField("imei", f"expected at most {MAX_BATCH} in a batch, found {len(imeis)}")
    if imsis and len(imsis) != len(imeis):
        raise InvalidField("imsi", f"expected none or one for each of {len(imeis)} IMEIs, found {len(imsis)}")
    if imeis and max(imeis) >= IMEI14_END:
        at = next(at for at, imei in enumerate(imeis) if imei >= IMEI14_END)
        raise InvalidField(f"imei[{at}]", "expected a number of at most 14 digits")
    if imsis and max(imsis) > MAX_IMSI:
        at = next(at for at, imsi in enumerate(imsis) if imsi > MAX_IMSI)
        raise InvalidField(f"imsi[{at}]", "expected a number of at most 15 digits")


class _Answers(dict[Verdict, bytes]):
    """CheckResponse of each verdict, but for `as_of`."""

    def __missing__(self, verdict: Verdict) -> bytes:
        if len(self) >= _KEPT:
            self.clear()
        status, rule, reason, deadline = map(int, verdict)
        answer = pb.CheckResponse(status=status, rule=rule, reason=reason, deadline=deadline)  # type: ignore[arg-type]
        self[verdict] = data = answer.SerializeToString()
        return data


class _Columns(dict[Verdict, bytes]):
    """What each verdict is in a batch: its byte of the three columns, and the cell that counts it."""

    def __missing__(self, verdict: Verdict) -> bytes:
        if len(self) >= _KEPT:
            self.clear()
        # A reason is one byte as a varint too: there are fewer than 128.
        self[verdict] = data = bytes((verdict.status, verdict.rule, verdict.reason, verdict.status << 4 | verdict.rule))
        return data


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last byte have the eighth bit."""
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)

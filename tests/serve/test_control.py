"""Registry over real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from eir.errors import InvalidField
from eir.serve import uploads
from eir.v1 import registry_pb2 as pb
from eir.v1 import registry_pb2_grpc
from tests.serve.running import NOBODY, Run, eventually
from tests.serve.test_data_plane import scrape

Control = registry_pb2_grpc.RegistryStub


def options(**fields: object) -> pb.LoadRequest:
    return pb.LoadRequest(options=pb.LoadOptions(**{"kind": pb.LOAD_KIND_STOLEN, "file_name": "a.csv", **fields}))  # type: ignore[arg-type]


def chunk(data: bytes) -> pb.LoadRequest:
    return pb.LoadRequest(chunk=data)


def uploads_left(run: Run) -> list[Path]:
    return list(run.temporary.iterdir())


def pairs(imei: int, *, actor: str = "") -> pb.PairsRequest:
    pair = pb.Pair(imei=f"{imei}", imsi="432111234567890")
    return pb.PairsRequest(pairs=[pair], author=pb.Author(actor=actor, reason="test"))


def test_commands_and_queries_answer(control: Control) -> None:
    added = control.AddPairs(pairs(NOBODY + 100, actor="customs-desk"))
    assert added.changes == 1
    assert control.AddPairs(pairs(NOBODY + 100)).seq == 0
    status = control.Status(pb.StatusRequest())
    assert status.seq >= added.seq
    history = control.History(pb.HistoryRequest(imei=f"{NOBODY + 100}"))
    assert [event.seq for event in history.events] == [added.seq]
    assert history.events[0].actor.startswith("customs-desk")
    assert "ipv4:127.0.0.1:" in history.events[0].actor
    assert control.RemovePairs(pairs(NOBODY + 100)).seq > added.seq
    lock = pb.LocksRequest(locks=[pb.Lock(imsi="432111234567891", imei=f"{NOBODY + 101}")])
    assert control.AddLocks(lock).changes == 1
    assert control.RemoveLocks(lock).changes == 1
    ranges = pb.RangesRequest(ranges=[pb.Range(first="86012301", lists=[pb.LIST_BLACK], reason=22)])  # type: ignore[arg-type]
    assert control.SetRanges(ranges).changes == 1
    cutovers = pb.CutoversRequest(cutovers=[pb.Cutover(tac="86012302", time=4_000_000_000)])
    assert control.SetCutovers(cutovers).changes == 1


@pytest.mark.parametrize(
    ("method", "request_", "code", "text"),
    [
        ("AddPairs", b"\xff", grpc.StatusCode.INVALID_ARGUMENT, "request: "),
        ("History", b"\xff", grpc.StatusCode.INVALID_ARGUMENT, "request: "),
        ("AddPairs", pb.PairsRequest(pairs=[pb.Pair(imei="1")]), grpc.StatusCode.INVALID_ARGUMENT, "pairs[0].imei: "),
        ("History", pb.HistoryRequest(imei=""), grpc.StatusCode.INVALID_ARGUMENT, "imei: "),
        ("Undo", pb.UndoRequest(batch="f" * 64), grpc.StatusCode.NOT_FOUND, ""),
        ("Undone", b"", grpc.StatusCode.UNIMPLEMENTED, ""),
    ],
)
def test_a_wrong_command_is_answered_with_its_status(
    run: Run, method: str, request_: object, code: grpc.StatusCode, text: str
) -> None:
    data = request_ if isinstance(request_, bytes) else request_.SerializeToString()  # type: ignore[attr-defined]
    with grpc.insecure_channel(run.addresses.control) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(f"/eir.v1.Registry/{method}")(data, timeout=10)
    assert caught.value.code() is code
    assert caught.value.details().startswith(text)


def test_a_file_comes_up_in_chunks_and_is_gone_when_it_is_loaded(control: Control, run: Run) -> None:
    loads = ("eir_load_reports_total", ("kind", "stolen"), ("outcome", "loaded"))
    before = scrape(run).get(loads, 0)
    data = bytes(range(256)) * 4096
    messages = [options(), *(chunk(data[at : at + 100_000]) for at in range(0, len(data), 100_000))]
    report = control.Load(iter(messages))
    assert (report.outcome, report.rows_read) == (pb.LOAD_OUTCOME_LOADED, len(data))
    assert report.notes[0].startswith("ipv4:127.0.0.1:")
    assert not Path(report.notes[1]).exists()
    assert scrape(run)[loads] == before + 1
    assert control.Load(iter([options()])).rows_read == 0


def test_a_refused_file_is_a_report(control: Control, run: Run) -> None:
    report = control.Load(iter([options(dry_run=True), chunk(b"refuse me")]))
    assert (report.outcome, report.kind, report.dry_run, report.file_name) == (4, pb.LOAD_KIND_STOLEN, True, "a.csv")
    assert [(issue.code, issue.line, issue.text) for issue in report.issues] == [("F_BROKEN", 3, "not a table")]
    assert scrape(run)["eir_load_reports_total", ("kind", "stolen"), ("outcome", "refused")] >= 1
    assert not uploads_left(run)


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([], "options"),
        ([chunk(b"x")], "options"),
        ([pb.LoadRequest()], "options"),
        ([options(kind=pb.LOAD_KIND_UNSPECIFIED)], "options.kind"),
        ([options(kind=pb.LOAD_KIND_BLOCK_LIST)], "options.kind"),
        ([options(kind=77)], "options.kind"),
        ([options(file_name="../../etc/passwd")], "options.file_name"),
        ([options(file_name="x\ny")], "options.file_name"),
        ([options(file_name="x" * 256)], "options.file_name"),
        ([options(), chunk(b"x"), options()], "chunk"),
        ([options(), pb.LoadRequest()], "chunk"),
    ],
)
def test_a_malformed_upload_is_invalid_argument_naming_the_field(
    control: Control, run: Run, messages: list[pb.LoadRequest], field: str
) -> None:
    before = control.Status(pb.StatusRequest()).seq
    with pytest.raises(grpc.RpcError) as caught:
        control.Load(iter(messages))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().startswith(f"{field}: ")
    assert control.Status(pb.StatusRequest()).seq == before
    eventually(lambda: not uploads_left(run), "the upload is deleted")


def test_a_bug_of_ours_is_internal_and_tells_no_details(control: Control, run: Run) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        control.Load(iter([options(), chunk(b"bug")]))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in caught.value.details()
    eventually(lambda: "secret detail" in run.log.read_text(), "the log has the detail")
    assert not uploads_left(run)


def test_a_client_that_goes_away_in_mid_upload_leaves_nothing(control: Control, run: Run) -> None:
    before = control.Status(pb.StatusRequest()).seq
    for _ in range(5):
        held: Queue[pb.LoadRequest | None] = Queue()
        held.put(options())
        held.put(chunk(b"x" * 1000))
        call = control.Load.future(iter(held.get, None))
        eventually(lambda: uploads_left(run), "the upload has begun")
        call.cancel()
        held.put(None)
        eventually(lambda: not uploads_left(run), "the upload is deleted")
    assert control.Status(pb.StatusRequest()).seq == before


def test_a_client_that_dies_in_mid_upload_leaves_nothing(control: Control, run: Run) -> None:
    before = control.Status(pb.StatusRequest()).seq
    for _ in range(5):
        held: Queue[pb.LoadRequest | None] = Queue()
        held.put(options())
        held.put(chunk(b"x" * 1000))
        channel = grpc.insecure_channel(run.addresses.control, [("grpc.use_local_subchannel_pool", 1)])
        call = Control(channel).Load.future(iter(held.get, None))
        eventually(lambda: uploads_left(run), "the upload has begun")
        channel.close()  # the connection breaks
        held.put(None)
        eventually(lambda: not uploads_left(run), "the upload is deleted")
        assert call.code() is grpc.StatusCode.CANCELLED
    assert control.Status(pb.StatusRequest()).seq == before


def test_a_file_that_is_shorter_than_announced_is_refused(control: Control) -> None:
    first = options()
    first.options.size = 10
    with pytest.raises(grpc.RpcError) as caught:
        control.Load(iter([first, chunk(b"123456789")]))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "options.size" in caught.value.details()


def test_a_file_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def messages() -> object:
        for message in (options(), chunk(b"12345"), chunk(b"123456")):
            yield message.SerializeToString()

    with pytest.raises(InvalidField) as caught:
        asyncio.run(uploads.receive(messages(), None, tmp_path / "file", limit=10))  # type: ignore[arg-type]
    assert caught.value.field == "chunk"


def test_block_lists_are_streamed(control: Control) -> None:
    report, file = control.BuildBlockList(pb.BuildBlockListRequest(dry_run=True))
    assert report.report.dry_run
    assert report.report.batch.startswith("ipv4:127.0.0.1:")
    assert file.chunk.file_name == "black.csv"
    (delta,) = control.DeltaBlockList(pb.DeltaBlockListRequest(from_seq=3, to_seq=9))
    assert (delta.report.base_seq, delta.report.seq) == (3, 9)
    with pytest.raises(grpc.RpcError) as caught:
        list(control.BuildBlockList(pb.BuildBlockListRequest(max_new_share=2)))
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_the_feed_begins_where_it_is_asked_to_and_ends(control: Control) -> None:
    seq = control.AddPairs(pairs(NOBODY + 110)).seq
    parts = list(control.Feed(pb.FeedRequest(from_seq=seq)))
    assert [part.WhichOneof("part") for part in parts] == ["header", "block"]
    assert (parts[0].header.seq, parts[1].block.table) == (seq, "pair")
    assert list(control.Feed(pb.FeedRequest(from_seq=seq + 1000))) == []
    assert next(iter(control.Feed(pb.FeedRequest()))).header.seq == 1


def test_a_feed_that_follows_gets_new_commits_in_order(control: Control) -> None:
    first = control.AddPairs(pairs(NOBODY + 120)).seq
    feed: Iterator[pb.JournalPart] = control.Feed(pb.FeedRequest(from_seq=first, follow=True), timeout=20)
    seen: Queue[int] = Queue()

    def read() -> None:
        try:
            for part in feed:
                if part.HasField("header"):
                    seen.put(part.header.seq)
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.CANCELLED
            seen.put(0)

    reader = threading.Thread(target=read)
    reader.start()
    seqs = [first, *(control.AddPairs(pairs(NOBODY + 121 + number)).seq for number in range(3))]
    assert [seen.get(timeout=10) for _ in seqs] == seqs
    feed.cancel()  # type: ignore[attr-defined]
    assert seen.get(timeout=10) == 0
    reader.join()


def test_health_and_reflection(run: Run) -> None:
    with grpc.insecure_channel(run.addresses.control) as channel:
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="eir.v1.Registry"))
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        ask = reflection_pb2.ServerReflectionRequest
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        listed, found = stub.ServerReflectionInfo(
            iter([ask(list_services="*"), ask(file_containing_symbol="eir.v1.Registry")])
        )
    assert "eir.v1.Registry" in {service.name for service in listed.list_services_response.service}
    assert found.file_descriptor_response.file_descriptor_proto


def test_logs_are_json_lines_when_asked(run: Run) -> None:
    events = [json.loads(line) for line in run.log.read_text().splitlines() if line.startswith("{")]
    assert {"worker 0", "worker 1", "control"} <= {event["process"] for event in events if event["event"] == "serving"}

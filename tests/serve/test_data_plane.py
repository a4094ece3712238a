"""EquipmentIdentity over real sockets, asked by grpcio's client."""

from __future__ import annotations

import urllib.request

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from eir import records
from eir.cli.remote import Remote
from eir.engine import Engine
from eir.errors import CallerError
from eir.policy import Policy
from eir.serve.questions import MAX_BATCH, SERVICE
from eir.v1 import check_pb2 as pb
from eir.v1 import check_pb2_grpc, registry_pb2, registry_pb2_grpc
from store.environment import Environment
from tests.serve.running import BLACK, GREY, IMSI, NOBODY, RANGED, WHITE, Run, fill
from tests.serve.test_counters import samples


def raw(run: Run, method: str, data: bytes) -> bytes:
    with grpc.insecure_channel(run.addresses.data, [("grpc.max_send_message_length", -1)]) as channel:
        answer: bytes = channel.unary_unary(method)(data, timeout=10)
        return answer


def refused(run: Run, method: str, data: bytes) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        raw(run, method, data)
    return caught.value


@pytest.mark.parametrize("imei", [f"{WHITE}", f"{BLACK}5", f"{GREY}01", f"{RANGED}07", f"{NOBODY}", "*#06#"])
@pytest.mark.parametrize("imsi", ["", f"{IMSI}"])
def test_answers_are_those_of_an_engine_in_process(
    data: check_pb2_grpc.EquipmentIdentityStub, tmp_path_factory: pytest.TempPathFactory, imei: str, imsi: str
) -> None:
    path = tmp_path_factory.mktemp("same") / "store"
    fill(path)
    answer = data.Check(pb.CheckRequest(imei=imei, imsi=imsi))
    with Environment.open(path, records.SCHEMA) as environment, Engine(environment, Policy.default()).view(0) as view:
        verdict = view.check_network(imei, int(imsi or 0))
    assert (answer.status, answer.rule, answer.reason, answer.deadline) == tuple(verdict)
    assert answer.as_of >= 1


def test_a_batch_is_its_single_questions(data: check_pb2_grpc.EquipmentIdentityStub) -> None:
    imeis = [WHITE, BLACK, GREY, RANGED, NOBODY] * 50
    imsis = [0, IMSI] * 125
    batch = data.CheckBatch(pb.CheckBatchRequest(imei=imeis, imsi=imsis))
    for at in range(10):
        single = data.Check(pb.CheckRequest(imei=f"{imeis[at]:014}", imsi=str(imsis[at] or "")))
        assert (batch.status[at], batch.rule[at], batch.reason[at]) == (single.status, single.rule, single.reason)
    assert list(batch.status[:10]) * 25 == list(batch.status)


def test_a_commit_of_the_control_plane_is_in_the_next_answer(
    data: check_pb2_grpc.EquipmentIdentityStub, control: registry_pb2_grpc.RegistryStub
) -> None:
    for number in range(5):
        imei = f"{NOBODY + 10 + number}"
        listing = registry_pb2.Listing(imei=imei, lists=[registry_pb2.LIST_BLACK], reason=pb.REASON_STOLEN)
        committed = control.SetListings(registry_pb2.ListingsRequest(listings=[listing]))
        answer = data.Check(pb.CheckRequest(imei=imei))
        assert answer.status == pb.EQUIPMENT_STATUS_BLACKLISTED
        assert answer.as_of >= committed.seq > 0


@pytest.mark.parametrize(
    ("request_", "method", "field"),
    [
        (pb.CheckRequest(imei=""), "Check", "imei"),
        (pb.CheckRequest(imei="12345678901234567"), "Check", "imei"),
        (pb.CheckRequest(imei="1", imsi="1"), "Check", "imsi"),
        (pb.CheckRequest(imei="1", software_version="abc"), "Check", "software_version"),
        (pb.CheckBatchRequest(imei=[1, 2, 3, 10**14]), "CheckBatch", "imei[3]"),
        (pb.CheckBatchRequest(imei=[1], imsi=[10**15]), "CheckBatch", "imsi[0]"),
        (pb.CheckBatchRequest(imei=[1, 2], imsi=[1]), "CheckBatch", "imsi"),
        (pb.CheckBatchRequest(imei=[1] * (MAX_BATCH + 1)), "CheckBatch", "imei"),
    ],
)
def test_a_wrong_request_is_invalid_argument_naming_the_field(
    run: Run, request_: pb.CheckRequest | pb.CheckBatchRequest, method: str, field: str
) -> None:
    error = refused(run, f"/{SERVICE}/{method}", request_.SerializeToString())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details().startswith(f"{field}: ")


@pytest.mark.parametrize("method", ["Check", "CheckBatch"])
def test_bytes_that_are_no_message_are_invalid_argument(run: Run, method: str) -> None:
    error = refused(run, f"/{SERVICE}/{method}", b"\xff\xff\xff")
    assert (error.code(), error.details()[:9]) == (grpc.StatusCode.INVALID_ARGUMENT, "request: ")


@pytest.mark.parametrize("method", [f"/{SERVICE}/Chek", "/eir.v1.Other/Check", "/eir.v1.Registry/Status"])
def test_other_methods_are_unimplemented(run: Run, method: str) -> None:
    assert refused(run, method, b"").code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_message_over_the_limit_is_refused_unread(run: Run) -> None:
    error = refused(run, f"/{SERVICE}/Check", bytes(3 << 20))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("service", ["", SERVICE])
def test_health_says_serving(run: Run, service: str) -> None:
    with grpc.insecure_channel(run.addresses.data) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_the_command_says_that_a_port_is_of_the_other_plane(run: Run) -> None:
    with pytest.raises(CallerError, match="not the port for this"):
        Remote(run.addresses.control, "me").check(pb.CheckRequest(imei=f"{WHITE}"), 0)
    with pytest.raises(CallerError, match="not the port for this"):
        Remote(run.addresses.data, "me").status()


def test_there_is_no_reflection_on_the_data_plane(run: Run) -> None:
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    assert refused(run, method, b"").code() is grpc.StatusCode.UNIMPLEMENTED


def scrape(run: Run) -> dict[object, float]:
    with urllib.request.urlopen(f"http://{run.addresses.metrics}/metrics") as answer:
        return samples(answer.read().decode())


def checks(found: dict[object, float]) -> tuple[float, float]:
    """Received, and how many have ended."""
    ended = sum(value for name, value in found.items() if name[0] in ("eir_checks_total", "eir_check_errors_total"))  # type: ignore[index]
    return found["eir_checks_received_total"], ended


def test_metrics_are_summed_over_the_workers_and_nothing_is_missing(run: Run) -> None:
    before = scrape(run)
    asked = 0
    for _ in range(12):  # a connection each, so that both workers get some
        raw(run, f"/{SERVICE}/Check", pb.CheckRequest(imei=f"{WHITE}").SerializeToString())
        raw(run, f"/{SERVICE}/CheckBatch", pb.CheckBatchRequest(imei=[WHITE, BLACK, NOBODY]).SerializeToString())
        refused(run, f"/{SERVICE}/CheckBatch", pb.CheckBatchRequest(imei=[WHITE, 10**14]).SerializeToString())
        refused(run, f"/{SERVICE}/Check", b"\xff")
        asked += 1 + 3 + 2 + 1
    after = scrape(run)
    received, ended = checks(after)
    assert received == ended
    assert received - checks(before)[0] == asked
    white = ("eir_checks_total", ("rule", "device"), ("status", "white"))
    assert after[white] - before.get(white, 0) == 24
    batches = ("eir_check_seconds_count", ("method", "CheckBatch"))
    assert after[batches] - before[batches] == 24
    assert after["eir_workers_up"] == 2

"""TLS and mutual TLS, with certificates made for the test."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path

import grpc
import pytest

from eir.serve.options import Tls
from eir.v1 import check_pb2, check_pb2_grpc, registry_pb2, registry_pb2_grpc
from tests.serve.running import NOBODY, WHITE, running

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> None:
    """ca.pem, and server and client certificates that it signed."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca", "-days", "2")
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=customs-desk")):
        openssl(folder, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
        sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *sign)


def test_mutual_tls_admits_known_clients_and_names_them(store: Path, tmp_path: Path) -> None:
    certificates(tmp_path)
    read = {name: (tmp_path / name).read_bytes() for name in ("ca.pem", "client.key", "client.pem")}
    tls = Tls(tmp_path / "server.pem", tmp_path / "server.key", tmp_path / "ca.pem")
    known = grpc.ssl_channel_credentials(read["ca.pem"], read["client.key"], read["client.pem"])
    nameless = grpc.ssl_channel_credentials(read["ca.pem"])
    question = check_pb2.CheckRequest(imei=f"{WHITE}")
    with running(store, tmp_path / "log", tls=tls) as run:
        with grpc.secure_channel(run.addresses.data, known) as channel:
            assert check_pb2_grpc.EquipmentIdentityStub(channel).Check(question, timeout=10).as_of == 1
        for channel in (
            grpc.secure_channel(run.addresses.data, nameless),
            grpc.insecure_channel(run.addresses.data),
        ):
            with channel, pytest.raises(grpc.RpcError) as caught:
                check_pb2_grpc.EquipmentIdentityStub(channel).Check(question, timeout=10)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        with grpc.secure_channel(run.addresses.control, known) as channel:
            registry = registry_pb2_grpc.RegistryStub(channel)
            pair = registry_pb2.Pair(imei=f"{NOBODY}", imsi="432111234567890")
            registry.AddPairs(registry_pb2.PairsRequest(pairs=[pair]), timeout=10)
            (event,) = registry.History(registry_pb2.HistoryRequest(imei=f"{NOBODY}"), timeout=10).events
            assert event.actor == "customs-desk"
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        context.load_cert_chain(tmp_path / "client.pem", tmp_path / "client.key")
        with urllib.request.urlopen(f"https://{run.addresses.metrics}/metrics", context=context) as answer:
            assert b"eir_workers_up 1.0" in answer.read()
        with pytest.raises(OSError):
            urllib.request.urlopen(f"http://{run.addresses.metrics}/metrics", timeout=10)

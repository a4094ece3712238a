"""Asks a running server about IMEIs, as a network element would: one CheckRequest each, over gRPC."""

import sys

import grpc

from eir.v1.check_pb2 import CheckRequest, EquipmentStatus, Reason, Rule
from eir.v1.check_pb2_grpc import EquipmentIdentityStub


def main(address: str, *imeis: str) -> None:
    """Prints a line for each IMEI."""
    with grpc.insecure_channel(address) as channel:
        registry = EquipmentIdentityStub(channel)
        for imei in imeis:
            answer = registry.Check(CheckRequest(imei=imei))
            status = EquipmentStatus.Name(answer.status).removeprefix("EQUIPMENT_STATUS_")
            rule, reason = Rule.Name(answer.rule).removeprefix("RULE_"), Reason.Name(answer.reason).removeprefix("REASON_")
            print(f"{imei} {status} by rule {rule} ({reason}), as of commit {answer.as_of}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: ask.py HOST:PORT IMEI ...")
    main(*sys.argv[1:])

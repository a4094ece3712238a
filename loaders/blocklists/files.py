"""Rows as files: rendering, counts and digests, the parts of a stream, and a folder of them.

    <stamp>_blacklist.csv                    imei,block_date,reasons
    <stamp>_notifications_<operator>.csv     imei,imsi,msisdn,block_date,reasons
    <stamp>_exceptions_<operator>.csv        imei,imsi,msisdn
    <stamp>_manifest.json                    generation, base, at, program, policy; name, rows, bytes, sha256 of each

A delta has `_delta_<base>_<generation>_<what>` before `.csv`, and `_delta_<base>_<generation>` in the manifest's name. The
stamp is the second that the lists are for, at home. UTF-8, LF at each line's end, a header also where there are no rows,
rows ascending by IMEI and IMSI: the same state gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, groupby
from pathlib import Path
from urllib.parse import quote

import numpy as np

from eir.errors import CallerError, Conflict, OurError
from eir.identity import imsi_text
from eir.lists import Reason
from eir.policy import Policy
from eir.v1 import registry_pb2 as pb
from loaders.blocklists import difference
from loaders.blocklists.rows import BLACK, EXCEPTION, NOTIFICATION, BlockLists, Rows
from store.environment import sync_file

_CHUNK_ROWS = 1 << 13  # at most half a megabyte: a message of gRPC may have four
_REASONS = [reason.name.lower() for reason in Reason]


@dataclass(frozen=True, slots=True)
class ListFile:
    """One file. `chunks` renders it anew each time: lists are kept as rows, not as text."""

    name: str
    rows: int
    size: int
    sha256: str
    chunks: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, name: str, rows: int, chunks: Callable[[], Iterator[bytes]]) -> ListFile:
        """With the digest of what it renders."""
        digest, size = hashlib.sha256(), 0
        for chunk in chunks():
            digest.update(chunk)
            size += len(chunk)
        return cls(name, rows, size, digest.hexdigest(), chunks)


def _date(date: int) -> str:
    return str(date) if date else ""


def _imsi(imsi: int) -> str:
    return imsi_text(imsi) if imsi else ""


def _black(row: tuple[int, ...]) -> str:
    imei, date, reason = row
    return f"{imei:014},{_date(date)},{_REASONS[reason]}\n"


def _notification(row: tuple[int, ...]) -> str:
    imei, imsi, msisdn, date, reason = row
    return f"{imei:014},{_imsi(imsi)},{msisdn or ''},{_date(date)},{_REASONS[reason]}\n"


def _exception(row: tuple[int, ...]) -> str:
    imei, imsi, msisdn = row
    return f"{imei:014},{_imsi(imsi)},{msisdn or ''}\n"


_FORMS: dict[np.dtype[np.void], tuple[bytes, Callable[[tuple[int, ...]], str]]] = {
    BLACK: (b"imei,block_date,reasons\n", _black),
    NOTIFICATION: (b"imei,imsi,msisdn,block_date,reasons\n", _notification),
    EXCEPTION: (b"imei,imsi,msisdn\n", _exception),
}


def render(rows: Rows) -> Iterator[bytes]:
    """The file of some rows, in chunks."""
    header, line = _FORMS[rows.dtype]
    yield header
    for at in range(0, len(rows), _CHUNK_ROWS):
        yield "".join(map(line, rows[at : at + _CHUNK_ROWS].tolist())).encode()


def stamp(at: int, policy: Policy) -> str:
    """YYYYMMDD_HHMMSS at home."""
    return dt.datetime.fromtimestamp(at, policy.zone()).strftime("%Y%m%d_%H%M%S")


def full_files(lists: BlockLists, policy: Policy) -> list[ListFile]:
    """The lists of a state, the manifest last."""
    named = [("blacklist", lists.black)]
    for operator, rows in lists.notifications.items():
        named.append((f"notifications_{quote(operator, safe='')}", rows))
    for operator, rows in lists.exceptions.items():
        named.append((f"exceptions_{quote(operator, safe='')}", rows))
    start = stamp(lists.at, policy)
    files = [_file(f"{start}_{name}.csv", rows) for name, rows in named]
    return [*files, _manifest(f"{start}_manifest.json", files, 0, lists, policy)]


def delta_files(old: BlockLists, new: BlockLists, policy: Policy) -> list[ListFile]:
    """What turns the lists of one state into those of another, the manifest last."""
    between = f"delta_{old.seq}_{new.seq}"
    named = [(f"blacklist_{between}_{what}", rows) for what, rows in difference.black_difference(old.black, new.black)]
    operators = difference.operators(old, new)
    for operator in operators:
        list_name = f"notifications_{quote(operator, safe='')}_{between}"
        named += [(f"{list_name}_{what}", rows) for what, rows in difference.notification_difference(operator, old, new)]
    for operator in operators:
        list_name = f"exceptions_{quote(operator, safe='')}_{between}"
        named += [(f"{list_name}_{what}", rows) for what, rows in difference.exception_difference(operator, old, new)]
    start = stamp(new.at, policy)
    files = [_file(f"{start}_{name}.csv", rows) for name, rows in named]
    return [*files, _manifest(f"{start}_manifest_{between}.json", files, old.seq, new, policy)]


def _file(name: str, rows: Rows) -> ListFile:
    return ListFile.of(name, len(rows), lambda: render(rows))


def _manifest(name: str, files: Sequence[ListFile], base: int, lists: BlockLists, policy: Policy) -> ListFile:
    facts = {
        "generation": lists.seq,
        "base": base,
        "at": lists.at,
        "program": f"eir {version('eir')}",
        "policy": policy.digest().hex(),
        "lists": [{"name": file.name, "rows": file.rows, "bytes": file.size, "sha256": file.sha256} for file in files],
    }
    data = (json.dumps(facts, indent=2) + "\n").encode()
    return ListFile.of(name, 0, lambda: iter((data,)))


# ---- out


def parts(report: pb.BlockListReport, files: Sequence[ListFile]) -> Iterator[pb.BlockListPart]:
    """The report with what it says of the files, then each file whole and in order before the next."""
    report.files.extend(pb.BlockListFile(name=f.name, rows=f.rows, sha256=f.sha256, bytes=f.size) for f in files)
    return chain(
        (pb.BlockListPart(report=report),),
        (
            pb.BlockListPart(chunk=pb.BlockListChunk(file_name=file.name, data=data))
            for file in files
            for data in file.chunks()
        ),
    )


def receive(stream: Iterable[pb.BlockListPart], folder: Path) -> pb.BlockListReport:
    """Writes the files of a stream to a folder, made if it is not there: all of them, or none. Returns the report.

    They get their names when all are on disk with the digests of the report, the manifest last; a file that is there
    already with the same content stays. Raises Conflict for one with another content, CallerError when the folder cannot
    be written to, OurError when the stream is not what its report says.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".blocklist-", dir=folder) as name:
            scratch = Path(name)
            report = _store(stream, scratch)
            new = [file for file in report.files if not _is_there(folder / file.name, file.sha256)]
            for file in new:
                (scratch / file.name).rename(folder / file.name)
        sync_file(folder)
    except OSError as error:
        raise CallerError(f"{folder} cannot be written to: {error.strerror}; the lists can be made again") from error
    return report


def _store(stream: Iterable[pb.BlockListPart], scratch: Path) -> pb.BlockListReport:
    """Every file of the stream on disk, as its report announced it."""
    report = pb.BlockListReport()
    digests: dict[str, str] = {}
    for name, group in groupby(stream, key=lambda part: part.chunk.file_name):
        if not name:
            report = next(group).report
            continue
        if name not in (file.name for file in report.files) or Path(name).name != name:
            raise OurError(f"the stream has a file that its report does not announce: {name!r}")
        digest = hashlib.sha256()
        with (scratch / name).open("xb") as out:
            for part in group:
                out.write(part.chunk.data)
                digest.update(part.chunk.data)
        sync_file(scratch / name)
        digests[name] = digest.hexdigest()
    if digests != {file.name: file.sha256 for file in report.files}:
        raise OurError("the files are not what the report says of them; nothing was written, make the lists again")
    return report


def _is_there(path: Path, sha256: str) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as there:
        if hashlib.file_digest(there, "sha256").hexdigest() != sha256:
            raise Conflict(f"{path} is there already with another content; name another folder, or move it away")
    return True

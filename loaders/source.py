"""From bytes that anybody may have sent to a `Source`: what kind of file it is, within limits, and in UTF-8 if it is text.

The content decides, never the name. A zip archive with one member is unpacked first. Text is decoded strictly: UTF-8,
UTF-16 with a byte order mark, then CP1256, whose every byte means something, and which is therefore taken only for text
without control characters that is not damaged UTF-8.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loaders.codes import Issue, refused

_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on what a file may cost. Sizes in bytes, except `max_cell` in characters and the counts."""

    max_bytes: int = 2048 * _MIB
    max_expanded: int = 2048 * _MIB  # what an archive may unpack to
    max_ratio: int = 100  # expanded to packed, once more than `ratio_floor` has come out
    ratio_floor: int = 8 * _MIB
    max_members: int = 4096  # parts of a workbook
    max_cell: int = 131_072
    max_columns: int = 512
    max_sheet_cells: int = 32 * _MIB  # the used area, which the parser allocates whole
    max_json: int = 256 * _MIB
    max_issues: int = 1_000_000  # rows set aside; beyond it the file is refused
    header_search_rows: int = 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Source:
    """A file that may be parsed.

    `data`: text and JSON as UTF-8 without byte order mark and NUL, with LF line ends; a workbook as its zip archive.
    `sha256`: hexadecimal, of the bytes as received. `issues`: remarks on the file as a whole (line 0).
    """

    name: str
    data: bytes
    sha256: str
    form: Literal["text", "workbook", "json"]
    issues: tuple[Issue, ...] = ()


def read_source(path_or_bytes: Path | str | bytes, name: str = "", limits: Limits = DEFAULT_LIMITS) -> Source:
    """Reads and classifies a file. `name` (default: of the path) is for reports only; it decides nothing.

    Raises `eir.errors.FileRefused` for whatever cannot be a table. An empty file is an empty text here.
    """
    if isinstance(path_or_bytes, bytes):
        received = path_or_bytes
    else:
        received, name = _read_path(Path(path_or_bytes), limits), name or Path(path_or_bytes).name
    if len(received) > limits.max_bytes:
        raise refused("FILE_TOO_LARGE", f"{len(received)} bytes, limit {limits.max_bytes}")
    sha256 = hashlib.sha256(received).hexdigest()
    data = received
    if _is_zip(data):
        if is_workbook(data):
            return Source(name, data, sha256, "workbook")
        data = _only_member(data, limits)
        if _is_zip(data):
            if not is_workbook(data):
                raise refused("ZIP_MEMBERS", "an archive inside the archive")
            return Source(name, data, sha256, "workbook")
    _refuse_other_kinds(data)
    text, issues = _to_utf8(data)
    start = text[:4096].lstrip()[:64].lower()
    if re.match(rb"<[a-z!?]", start):
        raise refused("WRONG_KIND", "HTML or XML")
    if start[:1] in (b"{", b"["):
        return Source(name, text, sha256, "json", issues)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Source(name, text, sha256, "text", issues)


def _read_path(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise refused("FILE_UNREADABLE", f"{path}: {getattr(error, 'strerror', None) or error}") from error


# ---- what kind -------------------------------------------------------------------------------------------------

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"{\\rtf", "RTF"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _refuse_other_kinds(data: bytes) -> None:
    if data.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise refused("WORKBOOK_ENCRYPTED" if encrypted else "WORKBOOK_OLD")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise refused("WRONG_KIND", kind)


# ---- archives --------------------------------------------------------------------------------------------------


def _is_zip(data: bytes) -> bool:
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def open_zip(data: bytes, limits: Limits) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """The archive and its members, none of them unpacked yet. Raises FileRefused (ZIP_BROKEN, ZIP_MEMBERS)."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError) as error:
        raise refused("ZIP_BROKEN", str(error)) from error
    members = archive.infolist()
    if len(members) > limits.max_members:
        raise refused("ZIP_MEMBERS", f"{len(members)} members")
    return archive, members


def is_workbook(data: bytes) -> bool:
    """Whether a zip archive is an Office Open XML workbook; refuses its relatives, which we do not read."""
    try:
        names = {name.lower() for name in zipfile.ZipFile(io.BytesIO(data)).namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError) as error:
        raise refused("ZIP_BROKEN", str(error)) from error
    if "xl/workbook.bin" in names:
        raise refused("WRONG_KIND", "a binary workbook (.xlsb)")
    if "content.xml" in names and "mimetype" in names:
        raise refused("WRONG_KIND", "an OpenDocument file")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise refused("WRONG_KIND", "an Office document without sheets")
    return "xl/workbook.xml" in names


def expand(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits, budget: int) -> bytes:
    """Unpacks one member, checksum verified, stopping at `budget` bytes and at the expansion ratio.

    Counts what comes out: the sizes that an archive declares are the sender's word.
    """
    if member.flag_bits & 0x1:
        raise refused("ZIP_ENCRYPTED")
    allowed = min(budget, max(limits.ratio_floor, member.compress_size * limits.max_ratio))
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(member) as stream:
            while part := stream.read(_MIB):
                parts.append(part)
                size += len(part)
                if size > allowed:
                    raise refused("ZIP_SUSPECT", f"{member.compress_size} bytes became more than {allowed}")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise refused("ZIP_BROKEN", str(error)) from error
    except RuntimeError as error:  # zipfile's word for "password required"
        raise refused("ZIP_ENCRYPTED") from error
    return b"".join(parts)


def _only_member(data: bytes, limits: Limits) -> bytes:
    archive, members = open_zip(data, limits)
    if len(members) != 1 or members[0].is_dir():
        raise refused("ZIP_MEMBERS", f"{len(members)} members")
    name = members[0].filename
    if name.startswith(("/", "\\")) or ":" in name or ".." in re.split(r"[/\\]", name):
        raise refused("ZIP_NAME", repr(name[:80]))
    return expand(archive, members[0], limits, limits.max_expanded)


# ---- encodings -------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _to_utf8(data: bytes) -> tuple[bytes, tuple[Issue, ...]]:
    """Valid UTF-8 without byte order mark and NUL, and the remark when it came as CP1256."""
    issues: tuple[Issue, ...] = ()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:  # also lone surrogates
            raise refused("ENCODING_UNKNOWN", "damaged UTF-16") from error
        data = data.removeprefix(codecs.BOM_UTF8)
    elif data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        if not _is_utf8(data):
            raise refused("ENCODING_UNKNOWN", "damaged UTF-8", _first_bad_line(data))
    elif b"\x00" in data[:4096] and _looks_like_utf16(data[:4096]):
        raise refused("ENCODING_UNKNOWN", "UTF-16 without a byte order mark")
    elif not _is_utf8(data):
        data, issues = _from_cp1256(data), (Issue(0, "", "ENCODING_CP1256"),)
    nul = data.find(b"\x00")
    if nul >= 0:
        raise refused("NUL_BYTES", line=data.count(b"\n", 0, nul) + 1)
    return data, issues


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 16 * _MIB):  # in pieces: text in memory takes up to four times the bytes
            decoder.decode(data[start : start + 16 * _MIB])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_bad_line(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 0


def _looks_like_utf16(head: bytes) -> bool:
    """ASCII in UTF-16 has a NUL in every other byte, and in no other."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    return max(even, odd) * 4 > len(head) and min(even, odd) * 20 < max(even, odd)


def _from_cp1256(data: bytes) -> bytes:
    sample = data[: 4 * _MIB].decode("utf-8", "replace")
    broken = sample.count("\ufffd")
    foreign = sum(1 for character in sample if character > "\x7f") - broken
    if foreign > broken:
        raise refused("ENCODING_UNKNOWN", "damaged UTF-8", _first_bad_line(data))
    try:
        text = data.decode("cp1256")
    except UnicodeDecodeError as error:
        raise refused("ENCODING_UNKNOWN") from error
    control = _CONTROL.search(text)
    if control:
        code = "NUL_BYTES" if control.group() == "\x00" else "ENCODING_UNKNOWN"
        raise refused(code, "control characters", text.count("\n", 0, control.start()) + 1)
    return text.encode()

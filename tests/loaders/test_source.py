"""What a file is, decided by its bytes; and that no bytes at all raise anything but FileRefused."""

import hashlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.errors import FileRefused
from loaders.columns import MANIFEST, STOLEN
from loaders.rows import read_rows
from loaders.source import Limits, read_source
from tests.effort import tries

LIST = b"imei,brand\n356938035643809,Nokia\n"
PERSIAN = "imei,برند\n356938035643809,سامسونگ\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        read_source(data, "list.csv", limits or Limits())
    return caught.value.code


TEXTS = {
    "utf-8": PERSIAN.encode(),
    "trap 1: utf-8 with byte order mark": PERSIAN.encode("utf-8-sig"),
    "trap 2: utf-16 little endian with byte order mark": b"\xff\xfe" + PERSIAN.encode("utf-16-le"),
    "trap 2: utf-16 big endian with byte order mark": b"\xfe\xff" + PERSIAN.encode("utf-16-be"),
    "trap 5: CRLF": PERSIAN.replace("\n", "\r\n").encode(),
    "trap 5: CR": PERSIAN.replace("\n", "\r").encode(),
    "zip with one member": zipped(("list.csv", PERSIAN.encode())),
}


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS.keys())
def test_one_text_in_every_accepted_wrapping(data: bytes) -> None:
    source = read_source(data, "list")
    assert (source.form, source.data.decode(), source.issues) == ("text", PERSIAN, ())
    assert source.sha256 == hashlib.sha256(data).hexdigest()


def test_trap_3_cp1256_is_read_with_a_warning() -> None:
    text = "imei,مدل\n356938035643809,سامسونگ\n".replace("ی", "ي")
    source = read_source(text.encode("cp1256"), "list.csv")
    assert source.data.decode() == text
    assert [issue.code for issue in source.issues] == ["ENCODING_CP1256"]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
REFUSED = {
    "trap 2: utf-16 without byte order mark": (LIST.decode().encode("utf-16-le"), "ENCODING_UNKNOWN"),
    "utf-16 cut inside a character": (b"\xff\xfei", "ENCODING_UNKNOWN"),
    "trap 3: neither utf-8 nor plausible cp1256": (b"imei\n\x01\xff\x02\n", "ENCODING_UNKNOWN"),
    "utf-8 cut inside a character": (PERSIAN.encode() + "ن".encode()[:1], "ENCODING_UNKNOWN"),
    "byte order mark of utf-8 before other bytes": (b"\xef\xbb\xbfimei\n\xff\n", "ENCODING_UNKNOWN"),
    "trap 6: NUL bytes": (b"imei\n35\x006938035643809\n", "NUL_BYTES"),
    "trap 6: NUL inside utf-16": (b"\xff\xfe" + "imei\n\0".encode("utf-16-le"), "NUL_BYTES"),
    "trap 10: HTML": (b"\n <HTML><table><tr><td>imei</td></tr></table>", "WRONG_KIND"),
    "trap 10: XML": (b'<?xml version="1.0"?><ASYCUDA/>', "WRONG_KIND"),
    "trap 10: old binary workbook": (OLE, "WORKBOOK_OLD"),
    "trap 10: encrypted workbook": (OLE + "EncryptedPackage".encode("utf-16-le"), "WORKBOOK_ENCRYPTED"),
    "trap 10: gzip": (b"\x1f\x8b\x08" + b"\0" * 20, "WRONG_KIND"),
    "trap 10: PDF": (b"%PDF-1.7\n", "WRONG_KIND"),
    "trap 10: OpenDocument": (zipped(("mimetype", b"x"), ("content.xml", b"<x/>")), "WRONG_KIND"),
    "trap 10: Word": (
        zipped(
            ("word/document.xml", b"<x/>"),
        ),
        "WRONG_KIND",
    ),
    "trap 11: several members": (zipped(("a.csv", LIST), ("b.csv", LIST)), "ZIP_MEMBERS"),
    "trap 11: no member": (zipped(), "ZIP_MEMBERS"),
    "trap 11: a name that climbs": (zipped(("../list.csv", LIST)), "ZIP_NAME"),
    "trap 11: a name that climbs, the other way": (zipped(("a\\..\\list.csv", LIST)), "ZIP_NAME"),
    "trap 11: an absolute name": (zipped(("/etc/list.csv", LIST)), "ZIP_NAME"),
    "trap 11: an archive in the archive": (zipped(("a.zip", zipped(("list.csv", LIST)))), "ZIP_MEMBERS"),
    "zip cut short": (zipped(("list.csv", LIST * 100))[:-30], "ZIP_BROKEN"),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_content_that_cannot_be_a_list_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_trap_11_a_bomb_is_stopped_by_ratio_and_by_size() -> None:
    bomb = zipped(("list.csv", b"0" * 2_000_000))
    assert refusal(bomb, Limits(ratio_floor=1000)) == "ZIP_SUSPECT"
    assert refusal(bomb, Limits(max_expanded=100_000)) == "ZIP_SUSPECT"
    assert len(read_source(bomb, "").data) == 2_000_000


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    data = bytearray(zipped(("list.csv", LIST * 1000)))
    at = data.index(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    data[at : at + 4] = (10).to_bytes(4, "little")
    assert refusal(bytes(data)) == "ZIP_BROKEN"


def test_an_encrypted_archive_is_refused() -> None:
    data = bytearray(zipped(("list.csv", LIST)))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + flags] |= 1
    assert refusal(bytes(data)) == "ZIP_ENCRYPTED"


def test_a_file_over_the_size_limit_is_refused(tmp_path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(LIST)
    assert read_source(path).name == "list.csv"
    for origin in (path, LIST):
        with pytest.raises(FileRefused, match="FILE_TOO_LARGE"):
            read_source(origin, "", Limits(max_bytes=10))


def test_a_path_that_cannot_be_read_is_refused(tmp_path) -> None:
    for path in (tmp_path / "none.csv", tmp_path, "a\0b"):
        with pytest.raises(FileRefused, match="FILE_UNREADABLE"):
            read_source(path)


STARTS = st.sampled_from(
    [
        b"",
        b"imei,model\n",
        b"imei\n",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"PK\x03\x04",
        b"[",
        b'{"imei":',
        b"# a: b\nimei;x\n",
        b'"imei"\n"',
    ]
)
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [b"\n", b"\r", b",", b'"', b";", b"356938035643809", b"#", b"imei", "جمع".encode(), b"[", b"{}", b":", b"\0"]
        ),
    ),
    max_size=30,
).map(b"".join)


@tries(400)
@given(STARTS, PIECES, st.sampled_from([MANIFEST, STOLEN]), st.booleans())
def test_any_bytes_give_rows_that_add_up_or_one_clear_refusal(start, rest, aliases, headerless) -> None:
    required = ("imei1",) if aliases is MANIFEST else ("imei",)
    limits = Limits(max_cell=60)
    try:
        source = read_source(start + rest, "", limits)
        rows = read_rows(
            source, aliases, required=required, headerless=required * headerless or None, allow_empty=True, limits=limits
        )
    except FileRefused:
        return
    set_aside = [issue.line for issue in rows.issues if issue.line]
    assert rows.rows_read == len(rows.frame) + len(set_aside)
    assert len(rows.lines) == len(rows.frame)
    assert len({*set_aside, *rows.lines.tolist()}) == rows.rows_read
    assert sum(rows.frame.null_count().row(0)) == 0

"""The bytes of the journal: they are on disk for years, so they are pinned here, and hostile ones end in StoreBroken."""

from array import array
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import journal
from store.errors import StoreBroken
from tests.effort import tries

Change = tuple[bytes, bytes | None, bytes | None]


def block_of(table: str, changes: Sequence[Change], lines: Sequence[int] | None) -> bytes:
    keys, olds, news = zip(*changes, strict=True)
    return journal.encode_block(table, keys, olds, news, lines)


def content(block: journal.Block) -> tuple[object, ...]:
    changes = list(zip(block.keys, block.olds, block.news, strict=True))
    return block.table, changes, [block.line(index) for index in range(len(block.keys))]


GOLDEN_BLOCKS: dict[str, tuple[tuple[str, list[Change], list[int] | None], str]] = {
    "new values of one width": (
        ("status", [(b"aa", None, b"1234"), (b"ab", None, b"5678")], None),
        "01 06 737461747573 00000002 01 00000002 6161 6162 00 01 00000004 31323334 35363738 00",
    ),
    "some absent, several widths, with lines": (
        ("t", [(b"a", b"x", None), (b"b", None, b""), (b"c", b"yy", b"z")], [1, 70000, 0]),
        """01 01 74 00000003 01 00000001 61 62 63
           02 00000001 ffffffff 00000002 78 7979
           02 ffffffff 00000000 00000001 7a
           01 00000001 00011170 00000000""",
    ),
    "keys of several widths, empty values": (
        ("t", [(b"a", b"", None), (b"bb", b"", None)], None),
        "01 01 74 00000002 02 00000001 00000002 61 6262 01 00000000 00 00",
    ),
}


@pytest.mark.parametrize("name", GOLDEN_BLOCKS)
def test_a_block_has_these_bytes(name: str) -> None:
    (table, changes, lines), data = GOLDEN_BLOCKS[name]
    expected = bytes.fromhex(data)
    assert block_of(table, changes, lines) == expected
    assert content(journal.decode_block(expected)) == (table, changes, lines or [0] * len(changes))


def test_a_header_has_these_bytes() -> None:
    digester = journal.Digester(b"\x11" * 32, 7)
    digester.add(b"one")
    digester.add(b"two")
    header, data = digester.header(time_ms=-2, blocks=2, changes=1000, undoes=5, bulk=True, note=b"note")
    digest = "11c6aedda22450f545c6eb7af74e33154cc536ac7ca7cf4e5f62d9bdbaa78eef"  # SHA-256 of 32 * 11, 7, onetwo, front, note
    front = "01 01 fffffffffffffffe 00000002 00000000000003e8 0000000000000005"
    assert data.hex() == (front + "11" * 32 + digest + b"note".hex()).replace(" ", "")
    assert header == journal.Header(7, -2, 2, 1000, 5, True, b"\x11" * 32, bytes.fromhex(digest), b"note")
    assert journal.decode_header(7, data) == header


def test_keys_of_parts_sort_by_commit_then_part() -> None:
    assert journal.part_key(1, 2).hex() == "000000000000000100000002"
    assert journal.seq_of(journal.part_key(2**64 - 1, 3)) == 2**64 - 1


VALUE = st.none() | st.binary(max_size=5)
CHANGES = st.dictionaries(st.binary(min_size=1, max_size=6), st.tuples(VALUE, VALUE), min_size=1, max_size=8).map(
    lambda found: [(key, *values) for key, values in sorted(found.items())]
)
LINE = st.integers(0, 2**32 - 1)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[str, list[Change], list[int] | None]:
    changes = draw(CHANGES)
    size = len(changes)
    return draw(st.text(max_size=20)), changes, draw(st.none() | st.lists(LINE, min_size=size, max_size=size))


@tries(50)
@given(blocks())
def test_a_block_reads_as_it_was_written(block: tuple[str, list[Change], list[int] | None]) -> None:
    table, changes, lines = block
    decoded = journal.decode_block(block_of(table, changes, lines))
    assert content(decoded) == (table, changes, lines or [0] * len(changes))
    for index, (key, old, new) in enumerate(changes):
        assert (decoded.key(index), decoded.olds[index], decoded.news[index]) == (key, old, new)


@tries(50)
@given(CHANGES, st.binary(min_size=1, max_size=6))
def test_find_is_the_first_key_not_below(changes: list[Change], wanted: bytes) -> None:
    decoded = journal.decode_block(block_of("t", changes, None))
    assert decoded.find(wanted) == sum(key < wanted for key, _, _ in changes)


def outcome(decode: Callable[[bytes], object], data: bytes) -> object:
    """The value, or None where the bytes are refused."""
    try:
        return decode(data)
    except StoreBroken:
        return None


@pytest.mark.parametrize("name", GOLDEN_BLOCKS)
def test_a_damaged_block_is_refused_or_reads_differently(name: str) -> None:
    data = bytes.fromhex(GOLDEN_BLOCKS[name][1])
    whole = content(journal.decode_block(data))

    def decode(damaged: bytes) -> object:
        return content(journal.decode_block(damaged))

    for size in range(len(data)):
        assert outcome(decode, data[:size]) is None
    assert outcome(decode, data + b"\0") is None
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        assert outcome(decode, bytes(damaged)) != whole


def test_a_damaged_header_is_refused_or_reads_differently() -> None:
    header, data = journal.Digester(b"\x11" * 32, 7).header(time_ms=5, blocks=2, changes=3, undoes=4, bulk=False, note=b"n")
    for size in range(len(data) - 1):  # one byte less is a shorter note: the digest tells
        assert outcome(lambda cut: journal.decode_header(7, cut), data[:size]) is None
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        assert outcome(lambda flipped: journal.decode_header(7, flipped), bytes(damaged)) != header


@tries(50)
@given(st.binary(max_size=60), st.sampled_from(sorted(GOLDEN_BLOCKS)), st.integers(0, 60))
def test_arbitrary_bytes_end_in_a_block_or_in_store_broken(noise: bytes, name: str, at: int) -> None:
    data = bytes.fromhex(GOLDEN_BLOCKS[name][1])
    for hostile in (noise, data[:at] + noise, data[:at] + noise + data[at + len(noise) :]):
        outcome(lambda data: content(journal.decode_block(data)), hostile)
        outcome(lambda data: journal.decode_header(1, data), hostile)


@pytest.mark.parametrize("width", ["00", "01 00000000", "02" + "00000000" * 3])
def test_a_block_whose_keys_take_no_bytes_is_refused_whatever_its_count(width: str) -> None:
    for count in (3, 2**32 - 1):
        data = bytes.fromhex("01 01 74" + count.to_bytes(4, "big").hex() + width + "00 00 00")
        with pytest.raises(StoreBroken):
            journal.decode_block(data)


def test_lines_are_none_or_in_step() -> None:
    assert journal.decode_block(block_of("t", [(b"a", None, b"")], [9])).lines == array("I", [9])
    assert journal.decode_block(block_of("t", [(b"a", None, b"")], None)).lines is None

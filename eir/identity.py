"""Identifiers: parse, validate, format. Nothing else in the project reads the digits of an IMEI, IMSI or person id.

Every table, list, pair and delta is keyed by `imei14`: TAC (8 digits) and SNR (6), as one integer. The 15th digit is a
check digit on paper and a spare 0 on the air, the 16-digit IMEISV ends in a software version that changes with an
update; neither is part of the key (TS 23.003 §6.2). Two doors, named for where a value comes from:

- `from_network`: ASCII digits only, 14 to 16 of them, the last ones ignored. What does not fit may still be something a
  phone sent; `malformed_key` gives it a text key that cannot collide with an `imei14`.
- `from_document`: a cell somebody typed or a spreadsheet damaged. Folds what has one meaning only, verifies the check
  digit, says all it did (`Note`) and why it refuses (`Fault`). Whether a note is a warning is the loader's business.

`int`, `str.isdigit` and the digit class of `re` accept the digits of every script, and NFKC makes digits out of `²`; so
text is folded by an explicit table first and matched against `[0-9]` after.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# --- Folding ---------------------------------------------------------------------------------------------------------

_DIGITS = {zero + i: str(i) for zero in (0x06F0, 0x0660, 0xFF10) for i in range(10)}  # Persian, Arabic-Indic, fullwidth
_NAME_LETTERS = {0x064A: 0x06CC, 0x0643: 0x06A9}  # Arabic yeh and kaf to Persian


class _Folding(dict[int, str]):
    """Translation table: what is not a digit to fold is looked up by category, and not kept (input chooses the keys)."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cf":
            return ""
        return " " if category == "Zs" or char == "\t" else char


_FOLDING = _Folding(_DIGITS)


def fold(text: str) -> str:
    """Digits of the three blocks as ASCII, format characters (category Cf) removed, Zs and tab as a space.

    Nothing else changes: other scripts' digits, superscripts and look-alike letters stay, to be refused later.
    """
    return text.replace("\t", " ") if text.isascii() else text.translate(_FOLDING)


def fold_name(text: str) -> str:
    """A name (brand, column header) with Arabic yeh and kaf as Persian ones; ZWNJ stays. Never for identifiers."""
    return text.translate(_NAME_LETTERS)


# Edges of a cell may hold a line break; inside, grouping is space, hyphen and slash between digits, so that a leading
# minus is no grouping.
_EDGES = " \r\n"
_DECLARATION = re.compile(r"[0-9A-Z][0-9A-Z._-]{0,31}")
_GROUPED = re.compile(r"[0-9]+(?:[ /-]+[0-9]+)*")
_GROUPING = str.maketrans("", "", " /-")


def _plain_digits(text: str, numeric: bool = False) -> str:
    """The ASCII digits of a grouped number in a document, or the empty text when there is anything else in it."""
    text = fold(text).strip(_EDGES)
    if numeric:
        text = text.removesuffix(".0")
    return text.translate(_GROUPING) if _GROUPED.fullmatch(text) else ""


# --- IMEI: check digit and classes -----------------------------------------------------------------------------------

# Luhn over blocks of four digits: of each two, the second is doubled and its digits added (TS 23.003 annex B.2).
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
LUHN_BLOCKS = bytes(
    (a + _DOUBLED[b] + c + _DOUBLED[d]) % 10 for a in range(10) for b in range(10) for c in range(10) for d in range(10)
)
LUHN_BLOCK = 10_000
IMEI14_END = 10**14


def check_digit(imei14: int) -> int:
    """The check digit of TAC and serial. All zeros have a valid one too: it never proves that a device exists."""
    high, low = divmod(imei14, LUHN_BLOCK * LUHN_BLOCK)
    blocks = (high // LUHN_BLOCK, high % LUHN_BLOCK, low // LUHN_BLOCK, low % LUHN_BLOCK)
    total = sum(LUHN_BLOCKS[block] for block in blocks)
    return -total % 10


class ImeiClass(enum.IntEnum):
    """What the key's pattern says; what follows from it is policy."""

    NORMAL = 0
    TEST = 1
    ALL_ZERO = 2
    PLACEHOLDER = 3


@dataclass(frozen=True, slots=True)
class ClassRow:
    """Keys that begin with `prefix` (1 to 14 digits) are of this class; `source` says who reserves them."""

    prefix: str
    imei_class: ImeiClass
    source: str


class ClassTable:
    """Classes by prefix, the longest one wins; no row means NORMAL. Immutable.

    `special_leads` holds 100 booleans: whether any row could match a key whose first two digits (imei14 // 10**12) are
    the index. Raises ValueError for a prefix that is not 1 to 14 digits or appears twice.
    """

    __slots__ = ("by_length", "rows", "special_leads")

    def __init__(self, rows: Iterable[ClassRow]) -> None:
        self.rows = tuple(rows)
        by_length: dict[int, dict[int, ImeiClass]] = {}
        leads = [False] * 100
        for row in self.rows:
            if not re.fullmatch(r"[0-9]{1,14}", row.prefix):
                raise ValueError(f"IMEI class prefix {row.prefix!r}: expected 1 to 14 digits")
            same_length = by_length.setdefault(len(row.prefix), {})
            if int(row.prefix) in same_length:
                raise ValueError(f"IMEI class prefix {row.prefix} appears twice")
            same_length[int(row.prefix)] = row.imei_class
            first = int(row.prefix[:2].ljust(2, "0"))
            for lead in range(first, first + (10 if len(row.prefix) == 1 else 1)):
                leads[lead] = True
        self.by_length = [(10 ** (14 - n), by_length[n]) for n in sorted(by_length, reverse=True)]
        self.special_leads: tuple[bool, ...] = tuple(leads)

    def classify(self, imei14: int) -> ImeiClass:
        """The class of one key (below 10**14)."""
        if self.special_leads[imei14 // 10**12]:
            for divisor, classes in self.by_length:
                found = classes.get(imei14 // divisor)
                if found is not None:
                    return found
        return ImeiClass.NORMAL


DEFAULT_CLASSES = ClassTable(
    [
        ClassRow("00", ImeiClass.TEST, "RBI 00, test allocations (GSMA TS.06 v28.1)"),
        *(ClassRow(f"0010{n:02}", ImeiClass.TEST, "CTIA (GSMA TS.06 v28.1)") for n in range(1, 18)),
        ClassRow("0044", ImeiClass.TEST, "TÜV SÜD, formerly BABT (GSMA TS.06 v28.1)"),
        ClassRow("0086", ImeiClass.TEST, "TAF (GSMA TS.06 v28.1)"),
        ClassRow("0091", ImeiClass.TEST, "practice of one registry; unconfirmed in TS.06"),
        ClassRow("0" * 14, ImeiClass.ALL_ZERO, "no device; registries refuse it"),
        ClassRow("8" * 14, ImeiClass.PLACEHOLDER, "fifteen eights: stand-in for a missing IMEI in exchanged files"),
    ]
)


def classify(imei14: int, table: ClassTable = DEFAULT_CLASSES) -> ImeiClass:
    """The class of one key, by the shipped table unless the configuration has another."""
    return table.classify(imei14)


# --- IMEI: from the network ------------------------------------------------------------------------------------------

_PHONE_TEXT = re.compile(r"[0-9A-Fa-f*#]{1,16}")
_PEI = re.compile(r"imei-([0-9]{15})|imeisv-([0-9]{16})")


def imei14_from_network(text: str) -> int | None:
    """The key of 14 to 16 ASCII digits, or None. The check or spare digit and the SVN are not looked at."""
    length = len(text)
    if 14 <= length <= 16 and text.isascii() and text.isdigit():
        return int(text) if length == 14 else int(text) // (10 if length == 15 else 100)
    return None


def imei14_from_dump(text: str) -> int | None:
    """DIRBS's rule, for import profiles that need it exactly: 14 leading digits make a key whatever follows."""
    return imei14_from_network(text[:14]) if _PHONE_TEXT.fullmatch(text) else None


def malformed_key(text: str) -> str | None:
    """The text key of anything a phone could have sent: 1 to 16 of `0-9 A-F a-f * #`, in upper case; None for the rest.

    For what `imei14_from_network` refuses: a value never has both keys in use.
    """
    return text.upper() if _PHONE_TEXT.fullmatch(text) else None


def pei_digits(pei: str) -> str | None:
    """The 15 or 16 digits of an `imei-` or `imeisv-` PEI (TS 29.571); None for MAC, EUI-64 and other legal PEIs."""
    found = _PEI.fullmatch(pei)
    return (found[1] or found[2]) if found else None


def svn_from_network(text: str) -> str | None:
    """The two digits of a software version sent apart from the IMEI (AVP 1403), or None."""
    return text if re.fullmatch(r"[0-9]{2}", text) else None


def tac_from_document(text: str) -> int | None:
    """Eight digits, folded and ungrouped, or None: a TAC that lost its leading zero is not guessed."""
    digits = _plain_digits(text)
    return int(digits) if len(digits) == 8 else None


class LastDigit(enum.Enum):
    """What the 15th digit is; a mismatch is only counted on the network side, and a fault in a document."""

    ABSENT = "absent"
    MATCH = "match"
    ZERO = "zero"
    MISMATCH = "mismatch"


def last_digit(digits: str) -> LastDigit:
    """The 15th of 15 digits; ABSENT for 14 digits and for an IMEISV (16), which has no check digit."""
    if len(digits) != 15:
        return LastDigit.ABSENT
    if int(digits[14]) == check_digit(int(digits[:14])):
        return LastDigit.MATCH
    return LastDigit.ZERO if digits[14] == "0" else LastDigit.MISMATCH


@dataclass(frozen=True, slots=True)
class Imei:
    """A device's identity, already valid: `number` is TAC and serial (below 10**14), `svn` two digits when known."""

    number: int
    svn: str | None = None

    @property
    def text(self) -> str:
        """14 digits."""
        return f"{self.number:014}"

    @property
    def tac(self) -> int:
        """Type Allocation Code, the first eight digits."""
        return self.number // 1_000_000

    @property
    def tac_text(self) -> str:
        """Eight digits."""
        return f"{self.tac:08}"

    def with_check_digit(self) -> str:
        """15 digits, as printed on the box."""
        return f"{self.number:014}{check_digit(self.number)}"

    def pei(self) -> str:
        """The 5G form: `imeisv-` when the SVN is known, else `imei-` with the check digit."""
        return f"imeisv-{self.text}{self.svn}" if self.svn else f"imei-{self.with_check_digit()}"

    @classmethod
    def from_network(cls, text: str) -> Imei | None:
        """14 to 16 ASCII digits; the SVN is kept from 16. None when malformed."""
        number = imei14_from_network(text)
        return None if number is None else cls(number, text[14:] if len(text) == 16 else None)

    @classmethod
    def from_document(cls, text: str, *, numeric: bool = False, table: ClassTable = DEFAULT_CLASSES) -> Reading:
        """Read one cell (one IMEI; `split_cell` first). Never raises.

        Args:
            text: the cell as it stands; for a numeric cell its stored value, not its display.
            numeric: the source cell was a number, so a leading zero may be lost and a 16th digit false.
            table: classes of reserved values.
        """
        notes: list[Note] = []
        digits = _cell_digits(text, notes)
        if isinstance(digits, Fault):
            return Reading(text, None, digits, tuple(notes))
        numeric = numeric or Note.TRAILING_DOT_ZERO in notes
        fault = _length_fault(digits) or _class_fault(digits, table) or _end_fault(digits, numeric, notes)
        if fault:
            return Reading(text, None, fault, tuple(notes), digits)
        number = int(digits[:14])
        svn = digits[-2:] if len(digits) >= 16 and not numeric else None
        return Reading(text, cls(number, svn), None, tuple(notes), digits, table.classify(number))


# --- IMEI: from a document -------------------------------------------------------------------------------------------


class Note(enum.Enum):
    """What reading a cell did or met, in the order it happened."""

    FOLDED_DIGITS = "Persian, Arabic-Indic or fullwidth digits"
    REMOVED_INVISIBLE = "invisible characters removed"
    APOSTROPHE = "leading apostrophe removed"
    FORMULA_TEXT = '="..." unwrapped'
    EXPONENT = "written with an exponent; the check digit confirms it"
    TRAILING_DOT_ZERO = "trailing .0 removed"
    DROPPED_EXTRA = "a label, ICCID or serial beside the IMEI was dropped"
    REMOVED_GROUPING = "spaces, hyphens or slashes between digits removed"
    SPARE_DIGIT = "15th digit is the spare 0, not the check digit"
    NUMERIC_IMEISV = "16 digits from a numeric cell: the software version may be false and is dropped"


class Fault(enum.Enum):
    """Why a cell gives no IMEI."""

    EMPTY = "empty, or a word for nothing"
    LETTERS = "a character that no IMEI has"
    LENGTH = "not 14, 15 or 16 digits, nor 15 + 2 shown apart"
    CHECK_DIGIT = "the check digit is wrong"
    DIGITS_LOST = "digits lost to an exponent"
    THOUSANDS = "thousands separators"
    LEADING_ZERO_LOST = "a leading zero may be lost"
    ALL_ZERO = "all zeros"
    PLACEHOLDER = "a stand-in for a missing IMEI"


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of reading a cell: exactly one of `imei` and `fault` is set.

    A TEST IMEI is no fault here: `imei` is set and `imei_class` says TEST, for the policy to judge. `digits`, when
    the cell could be brought to digits only, let a profile accept a wrong check digit all the same
    (`Imei.from_network(reading.digits)`), or a file decide on its lost zeros.
    """

    raw: str
    imei: Imei | None
    fault: Fault | None
    notes: tuple[Note, ...]
    digits: str = ""
    imei_class: ImeiClass = ImeiClass.NORMAL


_NOTHING = frozenset({"", "-", "--", "–", "—", "n/a", "na", "null", "none", "nil", "ندارد"})
_FORMULA = re.compile(r'="([^"]*)"')
_SCIENTIFIC = re.compile(r"([0-9]{1,3})(?:[.,٫]([0-9]{0,20}))?[eE]\+?([0-9]{1,3})")
_DOT_ZERO = re.compile(r"([0-9]{13,16})\.0")  # 13 for a zero lost as well
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,'’٬][0-9]{3}){2,}(?:[.,٫][0-9]{1,2})?")
_EXTRA = re.compile(
    r"(?<![0-9a-z])(?:imei ?[1-4]? ?[:=]|(?:iccid[ :=]*)?89[0-9]{17,18}f?(?![0-9a-z])"
    r"|(?:s/n|sn|serial)[ :=]+[0-9a-z-]{1,32}(?![0-9a-z]))",
    re.IGNORECASE | re.ASCII,
)
_SHOWS_SVN = re.compile(r".*[ /-][0-9]{2}")


def _cell_digits(raw: str, notes: list[Note]) -> str | Fault:
    """Bring a cell to plain digits, or say why it cannot be; appends what was done to `notes`."""
    text = fold(raw)
    if not raw.isascii() and raw.translate(_DIGITS) != raw:
        notes.append(Note.FOLDED_DIGITS)
    if len(text) != len(raw):
        notes.append(Note.REMOVED_INVISIBLE)
    text = _unwrap(text.strip(_EDGES), notes)
    if text.casefold() in _NOTHING:
        return Fault.EMPTY
    if scientific := _SCIENTIFIC.fullmatch(text):
        notes.append(Note.EXPONENT)
        whole, fraction, exponent = scientific.groups("")
        # Only all 15 digits of an IMEI can be confirmed, by the check digit.
        whole_imei = whole != "0" and (len(whole), len(fraction), int(exponent)) == (1, 14, 14)
        return whole + fraction if whole_imei else Fault.DIGITS_LOST
    if _THOUSANDS.fullmatch(text):
        return Fault.THOUSANDS
    if dot_zero := _DOT_ZERO.fullmatch(text):
        notes.append(Note.TRAILING_DOT_ZERO)
        return dot_zero[1]
    text = _drop_extra(text, notes)
    if not _GROUPED.fullmatch(text):
        return Fault.LETTERS
    digits = text.translate(_GROUPING)
    if digits != text:
        notes.append(Note.REMOVED_GROUPING)
    return Fault.LENGTH if len(digits) == 17 and not _SHOWS_SVN.fullmatch(text) else digits


def _unwrap(text: str, notes: list[Note]) -> str:
    """One spreadsheet wrapper that forces text, either kind; no other formula is looked into."""
    if formula := _FORMULA.fullmatch(text):
        notes.append(Note.FORMULA_TEXT)
        text = formula[1]
    elif text.startswith("'"):
        notes.append(Note.APOSTROPHE)
        text = text[1:]
    return text.strip(_EDGES)


def _drop_extra(text: str, notes: list[Note]) -> str:
    """Remove what is known to stand beside an IMEI, if digits are left."""
    rest, dropped = _EXTRA.subn("|", text)  # a bar, so that digits on both sides are never joined
    rest = rest.strip(_EDGES + ",;/|")
    if not dropped or not rest:
        return text
    notes.append(Note.DROPPED_EXTRA)
    return rest


def _length_fault(digits: str) -> Fault | None:
    if not digits.strip("0"):
        return Fault.ALL_ZERO
    if len(digits) == 13:
        return Fault.LEADING_ZERO_LOST
    return None if 14 <= len(digits) <= 17 else Fault.LENGTH


def _class_fault(digits: str, table: ClassTable) -> Fault | None:
    imei_class = table.classify(int(digits[:14]))
    if imei_class is ImeiClass.ALL_ZERO:
        return Fault.ALL_ZERO
    return Fault.PLACEHOLDER if imei_class is ImeiClass.PLACEHOLDER else None


def _end_fault(digits: str, numeric: bool, notes: list[Note]) -> Fault | None:
    """Judge what follows TAC and serial; for 14 numeric digits, whether they rather are a 15-digit IMEI less its zero."""
    if len(digits) == 14:
        lost = numeric and last_digit("0" + digits) is LastDigit.MATCH
        return Fault.LEADING_ZERO_LOST if lost else None
    if len(digits) == 16:
        if numeric:
            notes.append(Note.NUMERIC_IMEISV)
        return None
    found = last_digit(digits[:15])
    if found is LastDigit.MATCH:
        return None
    if numeric and digits[8:] == "0000000":  # a number with its end rounded away, not a serial of zeros with a spare digit
        return Fault.DIGITS_LOST
    if found is LastDigit.ZERO and len(digits) == 15 and Note.EXPONENT not in notes:
        notes.append(Note.SPARE_DIGIT)
        return None
    return Fault.CHECK_DIGIT


_SPACES = r"[ \t\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]"
_SEPARATORS = (re.compile(r"[,;|،؛，\r\n]|و"), re.compile("/"), re.compile(_SPACES + "+"))


def split_cell(text: str) -> list[str]:
    """The parts of a cell that holds several IMEIs, in order and unfolded; the cell itself when it does not.

    Comma, semicolon, bar, line break and «و» separate; so do slash and space, which also group the digits of one IMEI.
    A split therefore counts only when every part has the 14 to 17 digits of an IMEI.
    """
    return _split(text, _SEPARATORS) if len(text) > 2 * 14 else [text]


def _split(text: str, separators: Sequence[re.Pattern[str]]) -> list[str]:
    for index, separator in enumerate(separators):
        pieces = [piece for piece in separator.split(text) if fold(piece).strip(_EDGES)]
        parts = [part for piece in pieces for part in _split(piece, separators[index + 1 :])]
        if len(parts) > 1 and all(14 <= len(re.sub("[^0-9]", "", fold(part))) <= 17 for part in parts):
            return parts
    return [text]


# --- IMSI (TS 23.003 §2.2) -------------------------------------------------------------------------------------------

# Home networks of Iran, MCC and MNC; musalbas/mcc-mnc-table, November 2024, which lacks the newest codes. An unknown
# MNC under the home MCC is home all the same.
IRAN_MCC = 432
IRAN_NETWORKS: Mapping[str, str] = {
    "43211": "MCI",
    "43214": "TKC",
    "43219": "MTCE",
    "43220": "RighTel",
    "43232": "Taliya",
    "43235": "Irancell",
    "43270": "MTCE",
}
_SUPI_IMSI = re.compile(r"imsi-([0-9]{5,15})")


def imsi_number(text: str) -> int | None:
    """6 to 15 ASCII digits as an integer, None for anything else.

    Leading zeros are lost, and with them nothing: no MCC begins with 0 but 001 of test networks, and none with 1
    (E.212), so `imsi_text` finds the digits again.
    """
    return int(text) if 6 <= len(text) <= 15 and text.isascii() and text.isdigit() else None


def imsi_text(imsi: int) -> str:
    """The digits as they were: MCC, MNC and MSIN. The inverse of `imsi_number` for every assigned MCC."""
    text = str(imsi)
    return "00" + text if text[0] == "1" else text


def imsi_from_supi(supi: str) -> int | None:
    """The IMSI of an `imsi-` SUPI (TS 29.571: 5 to 15 digits); None for nai-, gci-, gli- and the rest."""
    found = _SUPI_IMSI.fullmatch(supi)
    return int(found[1]) if found else None


def mcc_of(imsi: int) -> int:
    """Mobile Country Code: the first three digits, of shorter IMSIs too (TS 23.003 §2.2)."""
    return int(imsi_text(imsi)[:3])


def operator_of(imsi: int, networks: Mapping[str, str] = IRAN_NETWORKS) -> str | None:
    """The operator by MCC and MNC (the table's keys, five or six digits); None when the table has none."""
    text = imsi_text(imsi)
    return networks.get(text[:6]) or networks.get(text[:5])


# --- MSISDN (ITU-T E.164) --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """A home country's numbers: country code, national trunk prefix, pattern of a national mobile number."""

    country_code: str
    trunk: str
    mobile: str

    def is_home(self, msisdn: str) -> bool:
        """Whether a canonical number belongs to this country; the others are roamers and visitors."""
        return msisdn.startswith(self.country_code)


IRAN = NumberingPlan(country_code="98", trunk="0", mobile=r"9[0-9]{9}")


def msisdn_from_document(text: str, plan: NumberingPlan = IRAN) -> str | None:
    """International digits without `+`: a home mobile number, or a foreign number written with `+` or `00`; else None.

    A number re-issued or ported says nothing about its owner or operator: never a key, never a prefix lookup.
    """
    text = fold(text).strip(_EDGES)
    plus = text.startswith("+")
    digits = _plain_digits(text.removeprefix("+"))
    prefixes = ["", plan.trunk, plan.country_code]
    if plus or digits.startswith("00"):
        digits = digits if plus else digits[2:]
        if not plan.is_home(digits):
            return digits if re.fullmatch(r"[1-9][0-9]{6,14}", digits) else None
        prefixes = [plan.country_code]
    for prefix in prefixes:
        national = digits[len(prefix) :]
        if digits.startswith(prefix) and re.fullmatch(plan.mobile, national):
            return plan.country_code + national
    return None


def msisdn_from_network(text: str) -> str | None:
    """1 to 15 ASCII digits as an operator's records hold them, or None."""
    return text if re.fullmatch(r"[0-9]{1,15}", text) else None


# --- Persons, companies, papers --------------------------------------------------------------------------------------


def national_id(text: str, *, numeric: bool = False) -> str | None:
    """A natural person's ten digits, or None. A numeric cell may have lost one or two leading zeros; typed text not."""
    digits = _plain_digits(text, numeric)
    if numeric and len(digits) in (8, 9):
        digits = digits.zfill(10)
    if len(digits) != 10 or len(set(digits)) == 1:
        return None
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    expected = remainder if remainder < 2 else 11 - remainder
    return digits if int(digits[9]) == expected else None


def legal_id(text: str, *, numeric: bool = False) -> str | None:
    """A company's eleven digits, or None. Digits 4 to 9 are never all zero."""
    digits = _plain_digits(text, numeric)
    if len(digits) != 11 or digits[3:9] == "000000":
        return None
    shift = int(digits[9]) + 2
    weights = (29, 27, 23, 19, 17) * 2
    remainder = sum((int(digit) + shift) * w for digit, w in zip(digits, weights, strict=False)) % 11
    return digits if int(digits[10]) == remainder % 10 else None


class ImporterType(enum.Enum):
    """Kinds of importer."""

    LEGAL = "LEGAL"
    PERSON = "PERSON"
    FOREIGN = "FOREIGN"


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports: type and value together, never a bare number. Its text is `TYPE:value`."""

    type: ImporterType
    value: str

    def __str__(self) -> str:
        return f"{self.type.value}:{self.value}"

    @classmethod
    def from_document(cls, text: str, kind: ImporterType | None = None, *, numeric: bool = False) -> Importer | None:
        """Read an id, alone or as `TYPE:value`; None when its check digit or form is wrong.

        Without a type, eleven digits are a company and ten a person; a foreigner's code must be said to be one.
        """
        head, colon, rest = fold(text).strip(_EDGES).partition(":")
        said = ImporterType.__members__.get(head.strip().upper()) if colon else None
        if said and kind in (None, said):
            kind, text = said, rest
        if kind is ImporterType.FOREIGN:  # passport or all-inclusive code; its format is unconfirmed, so only the letters
            value = fold(text).strip(_EDGES).upper()
            return cls(kind, value) if re.fullmatch(r"[0-9A-Z-]{1,20}", value) else None
        if kind is not ImporterType.PERSON and (legal := legal_id(text, numeric=numeric)):
            return cls(ImporterType.LEGAL, legal)
        if kind is not ImporterType.LEGAL and (person := national_id(text, numeric=numeric)):
            return cls(ImporterType.PERSON, person)
        return None


def declaration_number(text: str) -> str | None:
    """The number of a customs declaration, unique only with its office and year: digits (eight for a کوتاژ), elsewhere
    letters too. None for anything that is not 1 to 32 of `0-9 A-Z . _ -`.
    """
    number = _plain_digits(text) or fold(text).strip(_EDGES).upper()
    return number if _DECLARATION.fullmatch(number) else None


def subscriber_uid(text: str) -> str | None:
    """A subscriber id as DIRBS lists have it: 1 to 20 of letters, digits, hyphen and backslash; None otherwise."""
    return text if re.fullmatch(r"[0-9A-Za-z\-\\]{1,20}", text) else None

"""Every code that a file or a row can get, in one table: its class, what it means and what to do about it.

Class FILE refuses the whole file, ROW one row, REVIEW holds a row for a person, WARN accepts it with a remark and SKIP
says that it was no data row (`RowClass` in registry.proto). Loaders take codes from here only, so that a report, a reject
file and the documents say the same.
"""

from __future__ import annotations

from typing import NamedTuple

from eir.errors import FileRefused
from eir.v1 import registry_pb2 as pb

FILE = pb.ROW_CLASS_FILE
ROW = pb.ROW_CLASS_REJECTED
REVIEW = pb.ROW_CLASS_REVIEW
WARN = pb.ROW_CLASS_WARN
SKIP = pb.ROW_CLASS_SKIPPED


class Code(NamedTuple):
    """One outcome. `text` says what is wrong, `what_to_do` is addressed to whoever sent the file."""

    name: str
    row_class: pb.RowClass
    text: str
    what_to_do: str


class Issue(NamedTuple):
    """A code given to one line (from 1; 0 = the file as a whole). `text` empty: the text of the code itself."""

    line: int
    column: str
    code: str
    raw: str = ""
    text: str = ""


_FILE: tuple[tuple[str, str, str], ...] = (
    # the container
    ("FILE_UNREADABLE", "the file cannot be opened", "check the path and the permissions"),
    ("EMPTY_FILE", "the file has no data rows", "send the list itself"),
    ("FILE_TOO_LARGE", "the file is larger than the limit", "split the list over several files"),
    ("WRONG_KIND", "the content is not a table", "send CSV, TSV, XLSX or JSON"),
    ("ZIP_BROKEN", "the zip archive is damaged", "pack the file again"),
    ("ZIP_MEMBERS", "a zip archive must hold exactly one file", "send each file on its own"),
    ("ZIP_NAME", "the zip archive holds an unsafe file name", "pack the file again under a plain name"),
    ("ZIP_ENCRYPTED", "the zip archive is encrypted", "send it without a password"),
    ("ZIP_SUSPECT", "the archive expands beyond the limit", "send the file unpacked, or split it"),
    # text
    ("ENCODING_UNKNOWN", "the text is neither UTF-8, UTF-16 with a byte order mark, nor CP1256", "save it as UTF-8"),
    ("NUL_BYTES", "the text contains NUL bytes", "export the file again; it is binary or damaged"),
    ("DELIMITER_MIXED", "more than one delimiter is in use", "use one of , ; tab | throughout"),
    ("QUOTE_UNCLOSED", "a quoted cell is not closed properly", "close the quote, or double quotes inside a cell"),
    ("CELL_TOO_LONG", "a cell is longer than the limit", "check for a missing quote or line end"),
    ("TOO_MANY_COLUMNS", "there are more columns than the limit", "send only the columns of the list"),
    # workbooks
    ("WORKBOOK_OLD", "an old binary Excel file (.xls)", "save it as .xlsx"),
    ("WORKBOOK_ENCRYPTED", "the workbook is protected by a password", "save it without a password"),
    ("WORKBOOK_BROKEN", "the workbook is damaged", "open it in a spreadsheet program and save it again"),
    ("WORKBOOK_MACROS", "the workbook contains macros", "save it as .xlsx without macros"),
    ("TWO_SHEETS", "more than one sheet looks like the list", "leave one sheet, or send one file for each"),
    ("SHEET_TOO_LARGE", "the used area of a sheet is larger than the limit", "delete stray cells far from the list"),
    ("TRUNCATED_SHEET", "the sheet uses its last possible row, so it was probably cut", "send CSV, or split the list"),
    # JSON
    ("JSON_BROKEN", "the JSON text is not valid", "check the export; NaN and Infinity are not JSON"),
    ("JSON_TOO_DEEP", "the JSON text is nested too deeply", "send an array of flat objects"),
    # header
    ("NO_HEADER", "no header row was found", "put the column names in the first rows"),
    ("COLUMN_MISSING", "a mandatory column is missing", "add the column, or name it as documented"),
    ("COLUMN_TWICE", "two columns mean the same field", "leave one, or number the IMEI columns"),
    ("HEADERS_DISAGREE", "a second header row names the columns differently", "send one list in each file"),
    ("FACT_TWICE", "a '# key: value' line is repeated with another value", "leave the right one"),
    # content as a whole
    ("TOO_MANY_BAD_ROWS", "more rows are unusable than a report can hold", "check the export"),
    ("DIGITS_LOST_MANY", "a spreadsheet has destroyed digits in many rows", "format the column as text, export again"),
    ("LEADING_ZERO_LOST_MANY", "leading zeros are lost in many rows", "format the column as text, export again"),
    ("DATE_HEADER", "a date of the declaration cannot be read", "write it as YYYY-MM-DD or Jalali YYYY/MM/DD"),
    ("DECLARATION_MISSING", "the declaration number is missing", "give --declaration, or the column or line for it"),
    ("DECLARATION_BAD", "the declaration number is not valid", "check the number and the customs office"),
    ("DECLARATION_DISAGREES", "different declarations are named", "send one declaration in each file"),
    ("FACT_DISAGREES", "a fact of the declaration has different values in the file", "send one declaration in each file"),
    ("IMPORTER_BAD", "the importer's identifier is not valid", "check its length and check digit"),
    ("QUANTITY_BAD", "a declared quantity is not a whole number", "write plain digits"),
    ("EXCESS_QUANTITY", "more devices than the declaration covers", "correct the list or amend the declaration"),
    ("IMEI_COUNT", "the number of IMEIs is not the declared one", "correct the list or amend the declaration"),
    ("LINE_QUANTITY", "the devices of a goods line are not its quantity", "correct the list or amend the declaration"),
    ("NOTHING_ACCEPTED", "no row was accepted", "see the reasons in the reject file"),
    ("FILE_NAME", "the file name does not say what it must", "name it <operator>_<from>_<to>, or give the option"),
)

_ROW: tuple[tuple[str, str, str], ...] = (
    # shape
    ("RAGGED_ROW", "the row has more or fewer cells than the header", "quote cells that contain the delimiter"),
    ("TEXT_INVALID", "the row contains text that is not valid Unicode", "export the row again"),
    ("JSON_NOT_OBJECT", "the row is not a JSON object", "send one object for each device"),
    ("JSON_KEY_TWICE", "the object names one field twice", "leave one"),
    ("JSON_NESTED", "the object holds a nested value where text is expected", "send flat objects"),
    ("CELL_ERROR", "the cell holds an error of the spreadsheet", "repair the formula, or write the value"),
    ("FORMULA_NO_VALUE", "the cell holds a formula without a stored value", "replace formulas by their values"),
    # identifiers
    ("EMPTY_IMEI", "the IMEI is empty", "write the IMEI, or delete the row"),
    ("CHARACTERS", "the identifier contains characters other than digits", "write 15 digits"),
    ("LENGTH", "the identifier has the wrong number of digits", "write 15 digits"),
    ("CHECK_DIGIT", "digit 15 is not the check digit", "compare with the device or its box"),
    ("DIGITS_LOST", "a spreadsheet has destroyed digits", "format the column as text and export again"),
    ("FORMULA_TEXT", "the cell is formula text, which is never evaluated", "write the value"),
    ("THOUSANDS_SEPARATORS", "the identifier has thousands separators", "format the column as text"),
    ("PLACEHOLDER", "a placeholder, not an IMEI of a device", "write the IMEI of the device"),
    ("TEST_IMEI", "a test IMEI", "test devices are registered separately"),
    ("WRONG_IDENTIFIER", "another kind of identifier (MEID, ESN, EID, serial)", "write the IMEI"),
    ("SEVERAL_PARTS", "the cell holds more than IMEIs", "leave only IMEIs in the cell"),
    ("RANGE_BAD", "the range is not valid", "give two IMEIs of one TAC, the smaller first"),
    ("RANGE_TOO_LONG", "the range has more members than allowed", "split it, or list the devices"),
    ("IMSI_BAD", "the IMSI is not valid", "write 14 or 15 digits"),
    ("MSISDN_BAD", "the MSISDN is not valid", "write 1 to 15 digits"),
    ("TAC_BAD", "the TAC is not 8 digits", "write 8 digits"),
    # values
    ("DATE_BAD", "the date cannot be read", "write it as YYYY-MM-DD or Jalali YYYY/MM/DD"),
    ("DATE_OUTSIDE", "the date is outside the period of the file", "send it with the right period"),
    ("RAT_BAD", "the radio access technology is not known", "use the codes 001-007 and 101-105"),
    ("STATUS_BAD", "the status is not known", "use one of the documented values"),
    ("CHANGE_BAD", "the change type is not known", "use add, remove or update"),
    ("CHANGE_CONFLICT", "several different changes of one key", "leave one"),
    ("HS_CODE_BAD", "the HS code is not 6 to 12 digits", "check the goods line"),
    # rows together, and the registry
    ("SAME_IMEI_TWICE", "the row names one IMEI twice", "write the IMEI of the other slot"),
    ("TOO_MANY_IMEIS", "more IMEIs than a device can have", "write one device in each row"),
    ("PAIR_INCOMPLETE", "a pair needs an IMEI and an IMSI", "complete the row"),
    ("BLOCKED", "the device is reported stolen or blocked", "hold the device and inform the authority"),
)

_REVIEW: tuple[tuple[str, str, str], ...] = (
    ("LEADING_ZERO_LOST", "a leading zero is probably lost", "format the column as text and export again"),
    ("QUANTITY_UNIT", "the quantity has text with it", "write plain digits"),
    ("TWO_DEVICES", "two devices of the file share an IMEI", "compare with the devices"),
    ("SERIAL_TWICE", "two devices of the file share a serial number", "compare with the devices"),
    ("SLOTS", "the number of IMEIs is not the number of SIM slots", "write all IMEIs of the device"),
    ("NOT_SIBLINGS", "the IMEIs of the device come from different makers", "compare with the device"),
    ("TAC_DISAGREES", "the TAC belongs to another brand or model", "compare with the device"),
    ("TAC_NOT_SIM", "the TAC belongs to no device with a SIM", "compare with the device"),
    ("ALREADY_LIVE_OTHER", "the device is live under another declaration or importer", "both references are checked"),
    ("ROWS_CONFLICT", "rows of the file say different things of one key", "leave the right one"),
    ("TOO_MANY_PAIRS", "more subscribers would be paired with the IMEI than one device has", "remove pairs first"),
    ("BARRED_ALREADY", "the device is barred by the state, which a report does not replace", "settle which one holds"),
    ("STATUS_LIFTS", "a status that is not known would lift a block", "use blacklist or pending, or remove the entry"),
)

_WARN: tuple[tuple[str, str, str], ...] = (
    ("ENCODING_CP1256", "read as CP1256 (Windows Arabic)", "save it as UTF-8"),
    ("HIDDEN_PARTS", "hidden rows, columns or sheets were read too", "check that they belong to the list"),
    ("SHEETS_IGNORED", "other sheets have no header that fits and were not read", "send one sheet in each file"),
    ("SAME_ROWS", "the same rows were loaded before under another name", "check that this is intended"),
    ("APOSTROPHE", "a leading apostrophe was removed", "format the column as text"),
    ("FORMULA_UNWRAPPED", '="…" around the digits was removed', "write plain digits"),
    ("DECIMAL_ZERO", "a trailing .0 was removed", "format the column as text"),
    ("EXPONENT_EXACT", "scientific notation that still held all digits", "format the column as text"),
    ("SPARE_DIGIT", "digit 15 is the spare digit 0, not the check digit", "write the IMEI as printed on the box"),
    ("CHECK_DIGIT_ACCEPTED", "digit 15 is not the check digit; accepted by the profile", "compare with the device"),
    ("SIXTEENTH_DIGIT", "the 16th digit of a numeric cell may be false; it is not used", "format the column as text"),
    ("EXTRA_PART_DROPPED", "another identifier in the cell was left out", "use a column for each identifier"),
    ("DUPLICATE_IN_FILE", "the same device again; counted once", "leave one row"),
    ("ALREADY_LIVE", "the device is live under this declaration already", "nothing"),
    ("SEEN_BEFORE", "the device was seen or listed before its manifest", "check when it was imported"),
    ("TAC_UNKNOWN", "the TAC is not in the catalogue yet", "nothing; it is tried again when the catalogue changes"),
    ("TAC_TWICE", "the TAC is in the file more than once", "leave one row"),
    ("PAIR_TWICE", "the pair is in the file more than once", "leave one row"),
    ("HS_CODE_OLD", "an HS code from before HS 2022", "use 8517.13 or 8517.14"),
    ("FEWER_DEVICES", "fewer devices than declared; the batch is incomplete", "send the rest under this declaration"),
    ("ADD_PRESENT", "what is to be added is there already", "check the base of the delta"),
    ("REMOVE_ABSENT", "what is to be removed is not there", "check the base of the delta"),
    ("UPDATE_ABSENT", "what is to be updated was not there; added", "check the base of the delta"),
    ("IMSI_LEFT_OUT", "the IMSI is not valid and was left out", "write 6 to 15 digits"),
    ("MSISDN_LEFT_OUT", "the MSISDN is not valid and was left out", "write 1 to 15 digits"),
    ("DATE_LEFT_OUT", "a date cannot be read and was left out", "write it as DD-Mon-YYYY"),
    ("DATE_FUTURE", "the date is in the future; today counts", "check the date"),
    ("STATUS_OTHER", "the status is not known, so the entry is provisional", "use blacklist or pending"),
    ("BLACK_ALREADY", "the device was black for another reason, which the report replaces", "nothing"),
)

_SKIP: tuple[tuple[str, str, str], ...] = (
    ("BLANK_ROW", "an empty row", "nothing"),
    ("TOTAL_ROW", "a total, not a device", "nothing"),
    ("REPEATED_HEADER", "the header again", "nothing"),
    ("COMMENT", "a comment", "nothing"),
)

CODES: dict[str, Code] = {
    name: Code(name, row_class, text, what_to_do)
    for row_class, table in ((FILE, _FILE), (ROW, _ROW), (REVIEW, _REVIEW), (WARN, _WARN), (SKIP, _SKIP))
    for name, text, what_to_do in table
}


def refused(code: str, found: str = "", line: int = 0) -> FileRefused:
    """The error for a FILE code: its text, what was found, and what to do."""
    entry = CODES[code]
    return FileRefused(code, entry.text + (f" ({found})" if found else "") + f"; {entry.what_to_do}", line)

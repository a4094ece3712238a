"""Writes the files of the example country (country.py) beside this script, the same bytes on every run.

python examples/generate.py [DIRECTORY]
"""

import csv
import datetime as dt
import io
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
from country import BANDS, FEATURE, GSM_ONLY, IRANCELL, MCI, MODELS, Country, Device, Network, shown, truth


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ",", eol: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=eol).writerows([header, *rows])
    return out.getvalue()


def slots(device: Device, absent: str = "") -> list[str]:
    """The columns IMEI1 and IMEI2."""
    return [*map(shown, device.imeis), absent][:2]


def catalogue() -> str:
    header = (
        "TAC|Manufacturer|Model Name|Marketing Name|Brand Name|Allocation Date|Organisation Id|Radio Interface|Bands|"
        "Device Type|Bluetooth|NFC|WLAN|Sim Slot|Imei Quantity Support|Cut-over Date"
    )
    organisations = {maker: 20417 + 311 * n for n, maker in enumerate(dict.fromkeys(m.maker for m in MODELS))}
    rows = [
        (
            m.tac, m.maker, m.name, m.marketing, m.brand, m.allocated, f"ORG{organisations[m.maker]}", m.radio,
            BANDS[m.radio], m.device_type, "Y", "N" if m.radio == GSM_ONLY else "Y", "N" if m.radio == GSM_ONLY else "Y",
            str(m.slots), str(m.slots), m.cutover,
        )
        for m in MODELS
    ]  # fmt: skip
    return "".join("|".join(row) + "\n" for row in [header.split("|"), *rows])


_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_ZWNJ, _LRM = "\u200c", "\u200e"


def as_typed(text: str, row: int) -> str:
    """A 15-digit IMEI as different clerks type it; the identifier stays the same."""
    grouped = (text[:2], text[2:8], text[8:14], text[14:])
    match row % 6:
        case 1:
            return text.translate(_PERSIAN)
        case 2:
            return " ".join(grouped)
        case 3:
            return _ZWNJ.join(("-".join(grouped[:2]), "-" + "-".join(grouped[2:])))
        case 5:
            return _LRM + text.translate(_ARABIC)
    return text


def manifest_csv(devices: Sequence[Device]) -> bytes:
    """As a Persian spreadsheet saves it: byte order mark, CRLF, declaration facts above the header."""
    facts = (
        "# declaration: 12345678", "# office: 50100", "# importer: 10999900010",
        f"# declared devices: {str(len(devices)).translate(_PERSIAN)}", "# date: ۱۴۰۳/۰۹/۲۴",
    )  # fmt: skip
    header = ("شناسه IMEI", "شناسه دوم", "شماره سریال", "برند", "مدل", "کد تعرفه", "رنگ")
    colours = itertools.cycle(("مشکی", "سفید", "آبی"))
    hs_codes = {"Smartphone": "85171300", FEATURE: "85171400", "Tablet": "84713000", "Modem": "85176200"}
    rows = [
        (
            *(as_typed(text, number) if text[:1].isdigit() else text for text in slots(device, absent="ندارد")),
            device.serial, device.model.brand, device.model.name, hs_codes[device.model.device_type], next(colours),
        )
        for number, device in enumerate(devices)
    ]  # fmt: skip
    return ("".join(f"{fact}\r\n" for fact in facts) + table(header, rows, eol="\r\n")).encode("utf-8-sig")


def manifest_xlsx(devices: Sequence[Device]) -> bytes:
    """IMEIs as numbers, which the spreadsheet shows as 8.61E+14 and stores in full."""
    header = ("Declaration No", "Customs Office", "Importer ID", "Declaration Date", "Declared Devices",
              "IMEI1", "IMEI2", "Serial", "Brand", "Model")  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "IMEI list"
    sheet.append(["Packing list: IMEI numbers by device"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(header))
    sheet.append(header)
    for device in devices:
        facts = (87654321, "50100", "10999900024", dt.date(2025, 2, 18), len(devices))
        sheet.append([*facts, *map(int, slots(device)), device.serial, device.model.brand, device.model.name])
    out = io.BytesIO()
    book.save(out)
    return without_clock(out.getvalue())


def without_clock(workbook: bytes) -> bytes:
    """The same workbook with fixed times, uncompressed, so that its bytes depend on its content only."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, (2025, 2, 18, 9, 0, 0))
            member.create_system, member.external_attr = 3, 0o644 << 16
            time = rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*"
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(time, rb"\g<1>2025-02-18T09:00:00Z", content)
            target.writestr(member, content)
    return out.getvalue()


def manifest_json(devices: Sequence[Device]) -> str:
    declaration = {
        "number": "55500011", "office": "10200", "importer": "10999900039", "date": "1404/02/15",
        "declared_devices": len(devices), "declared_imeis": sum(len(device.imeis) for device in devices),
    }  # fmt: skip
    rows = [
        {"imeis": [*map(shown, d.imeis)], "serial": d.serial, "brand": d.model.brand, "model": d.model.name} for d in devices
    ]
    return json.dumps({"declaration": declaration, "devices": rows}, indent=2) + "\n"


def manifest_tsv(country: Country) -> str:
    """Ten good devices, one of them twice, and four rows that must not become devices."""
    c = country
    rows = [[d.serial, *slots(d), d.model.brand, d.model.name, f"C-{n // 4 + 1:02}"] for n, d in enumerate(c.tsv)]
    bad = [[d.serial, *slots(d), d.model.brand, d.model.name, "C-03"] for d in (c.wrong_digit, c.digits_lost, c.ragged)]
    digit = int(bad[0][1][14])
    bad[0][1] = bad[0][1][:14] + str(digit % 9 + 1)  # wrong, and not the spare digit 0
    bad[1][1] = "3.56938E+14"
    bad[2] = bad[2][:4]
    rows[4:4] = [bad[0]]
    rows[8:8] = [bad[1], list(rows[1])]
    total = ["Total", "", "", "", "", f"{len(rows) + 1} pcs"]
    header = ["Serial", "IMEI1", "IMEI2", "Brand", "Model", "Carton"]
    return table(header, [*rows, bad[2], total], delimiter="\t")


def dump(country: Country, network: Network) -> str:
    rows = sorted((s for s in country.sightings if s.network is network), key=lambda s: s.date)
    header = ("date", "imei", "imsi", "msisdn", "rat")
    return table(header, [(f"{s.date:%Y%m%d}", s.imei, *s.subscriber, s.rat) for s in rows])


def stolen(country: Country) -> str:
    phones = [shown(imei) for device in country.stolen for imei in device.imeis]
    dates = ("20260914", "20260914", "20260920", "20260920", "")
    statuses = ("", "", "blacklist", "blacklist", "")
    rows = [*zip(phones, dates, statuses, strict=True), (shown(country.stolen_abroad), "20260903", "")]
    return table(("imei", "reporting_date", "status"), [*rows, (shown(country.pending), "20261002", "pending")])


def write(root: Path) -> list[Path]:
    """All files below `root`, in the order in which they are to be loaded; truth.csv last."""
    country = Country()
    pairs = [(shown(imei), *subscriber) for imei, subscriber in country.pairs]
    questions = [(q.imei, q.imsi, q.status, q.rule, q.after_grace, q.why) for q in truth(country)]
    truth_header = ("imei", "imsi", "expected_status", "expected_rule", "expected_status_after_grace", "why")
    files: dict[str, str | bytes] = {
        "tac-catalogue.txt": catalogue(),
        "manifests/1403-12345678.csv": manifest_csv(country.csv),
        "manifests/87654321.xlsx": manifest_xlsx(country.xlsx),
        "manifests/55500011.json": manifest_json(country.json),
        "manifests/11223344.tsv": manifest_tsv(country),
        "stolen.csv": stolen(country),
        "pairs.csv": table(("imei", "imsi", "msisdn"), pairs),
    }
    for network in (IRANCELL, MCI):
        name = f"operators/{network.name}_{network.first:%Y%m%d}_{network.last:%Y%m%d}.csv"
        files[name] = dump(country, network)
    files["truth.csv"] = table(truth_header, questions)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [root / name for name in files]


if __name__ == "__main__":
    for written in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent):
        print(written)

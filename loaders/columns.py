"""How the columns of each list are called in practice: alias tables, as data, and the folding under which names compare.

Names compare without case, spaces, underscores, hyphens, most punctuation, invisible characters, and the differences
between Arabic and Persian letters and digits; so each alias stands here once. The examples of the customs documents are
starting values, not an official template. English, Persian, and Russian where such files are seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

EXTRA = "extra:"  # prefix of a column that no alias names: kept as an attribute under its own header text
MAX_IMEI_COLUMNS = 8  # what is read; how many a device may have is the manifest's rule

_LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ؤ": "و", "ё": "е", "Ё": "е"}
    | dict.fromkeys("_-‐‑–—.:*/()[]\"'`؛،;,ـ№", "")
    | {chr(base + digit): str(digit) for base in (0x06F0, 0x0660, 0xFF10) for digit in range(10)}
)


def fold(name: str) -> str:
    """The form under which two column names are the same."""
    if name.isascii():
        return "".join(name.translate(_LETTERS).split()).casefold()
    kept = "".join(char for char in name.translate(_LETTERS) if unicodedata.category(char) not in ("Cf", "Mn"))
    return "".join(kept.split()).casefold()


@dataclass(frozen=True)
class Aliases:
    """The names of one kind of list.

    `columns`: folded header text -> field. `facts`: folded key of a '# key: value' line -> field. `repeated`: folded
    header text that occurs several times -> the fields of its occurrences, from the left, if it occurs just as often.
    `weaker`: folded header texts that name their field only where no other column does, and are attributes beside it.
    """

    kind: str
    columns: Mapping[str, str]
    facts: Mapping[str, str] = field(default_factory=dict)
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weaker: frozenset[str] = frozenset()

    def field_of(self, header: str) -> str | None:
        """The field that a header text names, or None."""
        return self.columns.get(fold(header))

    def fact_of(self, key: str) -> str | None:
        """The field that a key of the preamble names, or None."""
        return self.facts.get(fold(key))


def _table(names: Mapping[str, str]) -> dict[str, str]:
    """{field: 'alias; alias'} -> {folded alias: field}; every field is an alias of itself, and no alias names two."""
    table: dict[str, str] = {}
    for name, aliases in names.items():
        for alias in (name, *aliases.split(";")):
            if table.setdefault(fold(alias), name) != name:
                raise ValueError(f"alias {alias!r} of {name} names {table[fold(alias)]} too")
    table.pop("", None)
    return table


# Facts of the declaration (files.md 2.1): as '# key: value' lines, as columns repeated on each row, or in a JSON envelope.
_FACTS = {
    "declaration": "declaration no; declaration number; declaration_no; customs declaration; customs declaration number; "
    "cotage; kotaj; kutaj; کوتاژ; شماره کوتاژ; کد کوتاژ; اظهارنامه; "
    "شماره اظهارنامه; شماره اظهارنامه گمرکی; номер декларации; декларация; гтд; дт",
    "declaration_year": "سال; سال اظهارنامه; سال کوتاژ; declaration year; year of declaration; год декларации",
    "office": "customs office; customs_office; office code; customs office code; customs; گمرک; کد گمرک; گمرک محل اظهار; "
    "گمرک اظهار; نام گمرک; таможня; код таможни; таможенный пост",
    "importer": "importer id; importer_id; importerId; consignee; consignee code; importer national id; owner id; "
    "واردکننده; وارد کننده; شناسه واردکننده; شناسه ملی; شناسه ملی واردکننده; کد ملی; کد ملی واردکننده; صاحب کالا; "
    "شناسه صاحب کالا; импортер; инн; инн импортера",
    "importer_type": "type of importer; نوع واردکننده; نوع شخص; тип импортера",
    "importer_name": "importerName; importer company name; importerCompanyName; company name; نام واردکننده; نام شرکت; "
    "نام صاحب کالا; наименование импортера",
    "channel": "import channel; رویه; کانال; نوع واردات; канал",
    "declared_devices": "devices declared; declared quantity; total devices; device quantity; number of devices; "
    "total quantity; تعداد دستگاه; تعداد دستگاه ها; تعداد اظهار شده; تعداد اظهاری; تعداد کل; تعداد کل دستگاه; "
    "количество устройств; общее количество",
    "declared_imeis": "imeis declared; number of imeis; imei count; total imeis; imei quantity; تعداد imei; تعداد شناسه; "
    "количество imei",
    "declaration_date": "date; date of declaration; تاریخ; "
    "تاریخ اظهار; تاریخ اظهارنامه; تاریخ کوتاژ; дата; дата декларации; дата регистрации",
    "release_date": "date of release; release; تاریخ ترخیص; تاریخ واردات; تاریخ ورود; تاریخ خروج; дата выпуска; дата ввоза",
    "country_of_origin": "origin; origin country; country; کشور مبدا; کشور سازنده; کشور مبدأ; страна происхождения; страна",
    "currency": "ارز; نوع ارز; واحد پول; валюта",
    "total_value": "total price; invoice value; ارزش کل; مبلغ کل; общая стоимость",
    "duty_status": "duty; tax status; tax paid status; customs_duty_tax; customDutyStatus; customs duty; وضعیت حقوق گمرکی; "
    "حقوق گمرکی; حقوق ورودی; таможенная пошлина",
    "amends": "amendment of; replaces; اصلاح; اصلاحیه",
    "cancels": "cancellation of; ابطال; لغو",
    "sender": "sender reference; reference; مرجع; ارسال کننده; отправитель",
}
FACTS: tuple[str, ...] = tuple(_FACTS)

_IMEI_ORDINALS = ("first; 1st; اول; یکم", "second; 2nd; دوم", "third; 3rd; سوم", "fourth; 4th; چهارم")


def _imei_columns() -> dict[str, str]:
    """imei1 … imei8: 'imei 2', 'IMEI No 2', 'second imei', 'شناسه دوم', and so on; without a number it is the first."""
    columns = {}
    for number in range(1, MAX_IMEI_COLUMNS + 1):
        names = ["imei {}", "imei no {}", "imei number {}", "imei code {}", "imei slot {}",
                 "imei sim {}", "imei#{}", "شناسه imei {}", "شناسه {}",
                 "سریال imei {}", "شماره imei {}", "کد imei {}", "имей {}", "имеи {}"]  # fmt: skip
        aliases = [name.format(number) for name in names]
        if number <= len(_IMEI_ORDINALS):
            for word in _IMEI_ORDINALS[number - 1].split("; "):
                aliases += [f"{word} imei", f"imei {word}", f"شناسه {word}", f"شناسه imei {word}"]
        if number == 1:
            aliases += [name.format("") for name in names if "{}" in name and name not in ("imei#{}", "شناسه {}")]
            aliases += [
                "imei/meid",
                "imeiesnmeid",
                "imeisv",
                "approved imei",
                "device imei",
                "کد شناسه",
                "код imei",
                "номер imei",
            ]
        columns[f"imei{number}"] = ";".join(aliases)
    return columns


_MANIFEST_ROWS = _imei_columns() | {
    "range_from": "imei from; from imei; first imei of range; از imei; از شناسه",
    "range_to": "imei to; to imei; last imei of range; تا imei; تا شناسه",
    "device_id": "device number; device no; شناسه دستگاه",
    "registration_date": "date_of_registration; registration date; registrationDate",
    "import_date": "date_of_actual_import; import date; importDate; date of import",
    "serial": "s/n; sn; serial no; serial number; serial_number; serialNumber; SNofDevice; "
    "device serial; device serial number; سریال; "
    "شماره سریال; سریال دستگاه; сериал; серийный номер",
    "brand": "make; manufacturer; brand name; brand_name; برند; مارک; سازنده; نام تجاری; бренд; марка; производитель",
    "model": "model name; device model; مدل; مدل دستگاه; نام مدل; модель",
    "model_number": "model no; model_number; model code; شماره مدل; کد مدل; номер модели",
    "tac": "type allocation code; کد tac",
    "device_type": "type; type of device; deviceType; نوع; نوع دستگاه; نوع کالا; тип; тип устройства",
    "sim_count": "sim; sims; number of sims; sim slots; slots; MultipleSIMStatus; multi sim; "
    "تعداد سیم کارت; تعداد سیمکارت; количество sim",
    "goods_id": "goods code; product id; شناسه کالا; کد کالا; код товара",
    "goods_description": "description; description of goods; goods; شرح; شرح کالا; نام کالا; описание; наименование товара",
    "hs_code": "hs; hscode; tariff; tariff code; commodity code; کد تعرفه; تعرفه; شماره تعرفه; код тн вэд; тн вэд",
    "line_no": "line; item; item no; line number; goods line; ردیف کالا; شماره قلم; قلم; номер позиции",
    "quantity": "qty; count; pieces; تعداد; مقدار; количество; кол-во",
    "unit_value": "value; price; unit price; ارزش; قیمت; قیمت واحد; ارزش واحد; цена; стоимость",
    "box": "carton; carton no; box no; کارتن; شماره کارتن; جعبه; коробка",
    "pallet": "pallet no; پالت; شماره پالت; паллета",
    "colour": "color; رنگ; цвет",
    "capacity": "storage; memory; ظرفیت; حافظه; память",
    "is_used": "used; condition; new or used; کارکرده; دست دوم; نو یا کارکرده; состояние",
    "device_status": "device status; status; وضعیت; статус",
}

# A maker stands for the brand where there is none; registration lists of DIRBS have both.
_MAKERS = frozenset(map(fold, ("make", "manufacturer", "سازنده", "производитель")))

MANIFEST = Aliases("manifest", _table(_FACTS | _MANIFEST_ROWS), _table(_FACTS), weaker=_MAKERS)

_NETWORK = {
    "imei": "imei1; device id; deviceid; imeisv; pei; شناسه imei; имей",
    "imsi": "imsi no; subscriber id; شناسه مشترک",
    "msisdn": "phone; phone number; mobile number; شماره موبایل; شماره تلفن; شماره تلفن همراه; شماره همراه; номер телефона",
}

OPERATOR_DUMP = Aliases(
    "operator-dump",
    _table(
        _NETWORK
        | {
            "date": "day; event date; last seen; timestamp; time; تاریخ; дата",
            "rat": "radio access technology; radio; technology; فناوری رادیویی",
        }
    ),
)

# GSMA: pipe-separated, column order free, up to 17 columns.
# Osmocom: a licence line, then tac,name,name,… with brand before model.
TAC = Aliases(
    "tac",
    _table(
        {
            "tac": "type allocation code; tac code; کد tac",
            "manufacturer": "manufacturer or applicant; applicant; maker; سازنده",
            "brand": "brand name; make; برند; مارک",
            "model": "model name; gsma model name; مدل",
            "marketing_name": "marketing name",  # stands beside the model name in GSMA dumps
            "model_number": "standardised full name; standardised device model; internal model name; model no",
            "bands": "band; frequency bands",
            "radio": "radio interface; radio interfaces",
            "allocation_date": "date of allocation",
            "device_type": "gsma device type; type; device class; نوع دستگاه",
            "sim_slots": "simslot; sim slot; sim count; sim slots; number of sim slots",
            "imei_quantity": "imei quantity support; imeiquantitysupport; number of imeis",
            "country_code": "country",
            "operating_system": "os",
            "goods_id": "شناسه کالا",
            "cutover_date": "cutover; cut over date; تاریخ اجرا",
        }
    ),
    repeated={"name": ("brand", "model")},
)

_CHANGE = {"change_type": "change; operation; action; تغییر; نوع تغییر"}

STOLEN = Aliases(
    "stolen",
    _table(
        _NETWORK
        | _CHANGE
        | {
            "reporting_date": "date; report date; reported; date of report; تاریخ; تاریخ گزارش; تاریخ سرقت; дата",
            "status": "state; وضعیت; статус",
            "reference": "report no; report number; case; case no; شماره پرونده",
        }
    ),
)

PAIRS = Aliases("pairs", _table(_NETWORK | _CHANGE))

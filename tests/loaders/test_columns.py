"""Alias tables: which names mean which field, and that no name means two."""

import pytest

from loaders import columns
from loaders.columns import FACTS, MANIFEST, OPERATOR_DUMP, PAIRS, STOLEN, TAC, Aliases, fold
from loaders.header import name_columns

NAMES = {
    "imei1": "imei; IMEI1; imei_1; IMEI No. 1; شناسه IMEI; سریال IMEI; شناسه ۱; ИМЕЙ; Approved IMEI",
    "imei2": "IMEI2; second imei; شناسه دوم; IMEI (2); IMEI ۲; imei-2",
    "imei4": "imei 4; imei#4; شناسه چهارم",
    "serial": "S/N; SNofDevice; سریال; شماره سریال; سريال; Serial Number; serialNumber",
    "brand": "برند; BRAND; نام تجاری; نام تجاري",
    "model": "مدل; Model_Name",
    "goods_id": "شناسه کالا; شناسه كالا; شناسهٔ کالا",
    "hs_code": "کد تعرفه; HS-Code",
    "quantity": "تعداد; Qty",
    "unit_value": "ارزش",
    "box": "carton; کارتن",
    "colour": "رنگ; Color",
    "capacity": "ظرفیت",
    "declaration": "کوتاژ; Declaration No.; شماره\u200cکوتاژ; declaration_no",
    "office": "گمرک; customs_office",
    "importer": "importerId; شناسه ملی واردکننده",
    "declared_devices": "تعداد دستگاه; declared quantity",
    "declaration_date": "تاریخ اظهار; declaration_date",
    "release_date": "تاریخ ترخیص; release date",
}


@pytest.mark.parametrize(
    ("name", "alias"), [(name, alias.strip()) for name, all_ in NAMES.items() for alias in all_.split(";")]
)
def test_trap_14_names_of_manifest_columns_in_use(name: str, alias: str) -> None:
    assert MANIFEST.field_of(alias) == name
    assert MANIFEST.field_of(f"\ufeff {alias.upper()}\u00a0") == name


HEADERS = {
    "operator dump": (OPERATOR_DUMP, "date,imei,imsi,msisdn,rat", ["date", "imei", "imsi", "msisdn", "rat"]),
    "stolen": (STOLEN, "IMEI,reporting_date,status,change_type", ["imei", "reporting_date", "status", "change_type"]),
    "pairs": (PAIRS, "imei,imsi,msisdn,change_type", ["imei", "imsi", "msisdn", "change_type"]),
    "GSMA": (TAC, "TAC,Manufacturer,Model Name,Bands,Allocation Date,Device Type",
             ["tac", "manufacturer", "model", "bands", "allocation_date", "device_type"]),
    "Osmocom": (TAC, "tac,name,name,contributor", ["tac", "brand", "model", "extra:contributor"]),
    "one name only": (TAC, "tac,name", ["tac", "extra:name"]),
}  # fmt: skip


@pytest.mark.parametrize(("aliases", "header", "fields"), HEADERS.values(), ids=HEADERS.keys())
def test_headers_of_published_formats(aliases: Aliases, header: str, fields: list[str]) -> None:
    assert name_columns(header.split(","), aliases) == fields


def test_an_alias_that_would_name_two_fields_is_a_mistake_of_the_table() -> None:
    with pytest.raises(ValueError, match="names a too"):
        columns._table({"a": "x; y", "b": "Y "})


def test_every_fact_is_a_column_and_a_key_of_the_preamble() -> None:
    for name in FACTS:
        assert MANIFEST.field_of(name) == MANIFEST.fact_of(name) == name


def test_folding_twice_changes_nothing() -> None:
    for aliases in (MANIFEST, OPERATOR_DUMP, TAC, STOLEN, PAIRS):
        assert all(fold(name) == name for name in aliases.columns)


def test_an_empty_or_unknown_name_is_no_field() -> None:
    assert [MANIFEST.field_of(name) for name in ("", " ", "\u200c", "№", "-", "ملاحظات")] == [None] * 6


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("imei,make,model", ["imei1", "brand", "model"]),
        ("imei,make,model,brand_name", ["imei1", "extra:make", "model", "brand"]),
        ("imei,Manufacturer,Brand", ["imei1", "extra:Manufacturer", "brand"]),
        ("imei,make,manufacturer", ["imei1", "brand", "brand"]),
        ("imei,brand,brand name", ["imei1", "brand", "brand"]),
    ],
)
def test_a_maker_is_the_brand_where_no_column_is(header: str, fields: list[str]) -> None:
    assert name_columns(header.split(","), MANIFEST) == fields

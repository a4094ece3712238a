"""The files that the loads read: seeded, as a customs office, the GSMA and an operator would send them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from bench.data import Dataset, Imeis, brand_and_model, draw_tacs, rng_of, types
from eir.identity_columns import check_digits

SALT = 7  # of the newcomers in a manifest
DUMP_NAME = "mci_20260901_20260930.csv"
_TYPE = 1_000_000  # serials of a TAC
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_manifest(path: Path, data: Dataset, rows: int) -> None:
    """Devices with two IMEIs each that the registry does not have yet, types mixed as in a large declaration."""
    pairs = data.newcomers(2 * (rows + len(types(data.seed, data.size))), SALT).reshape(-1, 2)
    pairs = pairs[pairs[:, 0] // _TYPE == pairs[:, 1] // _TYPE]  # both IMEIs of a device are of its type
    imeis = pairs[rng_of(data.seed, 600).permutation(len(pairs))[:rows]]
    names = [brand_and_model(tac) for tac in (imeis[:, 0] // _TYPE).tolist()]
    pl.DataFrame(
        {
            "imei1": _documents(imeis[:, 0]),
            "imei2": _documents(imeis[:, 1]),
            "serial": [f"SN{at:010}" for at in range(rows)],
            "brand": [brand for brand, _ in names],
            "model": [model for _, model in names],
        }
    ).write_csv(path)


def write_catalogue(path: Path, data: Dataset, rows: int) -> None:
    """The pipe-separated text of the GSMA."""
    rng = rng_of(data.seed, 601)
    bands = "GSM 900,GSM 1800,WCDMA FDD Band 1,LTE FDD BAND 1,LTE FDD BAND 3,LTE FDD BAND 7"
    days, months, years = rng.integers(1, 29, rows), rng.integers(0, 12, rows), rng.integers(2005, 2026, rows)
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "TAC|Manufacturer|Model Name|Marketing Name|Brand Name|Allocation Date|Radio Interface|Bands|Device Type\n"
        )
        for tac, day, month, year in zip(draw_tacs(rng, rows).tolist(), days, months, years, strict=True):
            brand, model = brand_and_model(tac)
            date = f"{day:02}-{_MONTHS[month]}-{year}"
            file.write(f"{tac:08}|Maker of {brand}|{model}|{model}|{brand}|{date}|GSM,WCDMA,LTE|{bands}|Smartphone\n")


def write_dump(path: Path, data: Dataset, rows: int) -> None:
    """A month of one operator: each device of a third as many as rows on some days, one in ten of them not registered."""
    rng = rng_of(data.seed, 602)
    devices = max(1, rows // 3)
    known = rng.choice(data.imeis, devices - devices // 10)
    imeis = np.concatenate((known, data.newcomers(devices // 10, SALT + 1)))
    subscribers = 432_11_7_000_000_000 + rng.permutation(devices)
    drawn = rng.integers(0, devices, rows)
    pl.DataFrame(
        {
            "date": 20260900 + rng.integers(1, 31, rows),
            "imei": pl.Series(imeis[drawn]).cast(pl.String).str.zfill(14) + "0",
            "imsi": subscribers[drawn],
            "msisdn": 98_910_0000000 + drawn,
            "rat": np.full(rows, "006"),
        }
    ).write_csv(path)


def _documents(imeis: Imeis) -> pl.Series:
    """As printed on a box: 14 digits and their check digit."""
    return pl.Series(imeis).cast(pl.String).str.zfill(14) + pl.Series(check_digits(imeis)).cast(pl.String)

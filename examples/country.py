"""The story of the example country: its types, who imported what, what was smuggled, stolen or cloned, and who was
seen where; and the answers that follow from it.

Makers, models, importers, subscribers and type allocations are invented: the TACs carry the prefixes of real
reporting bodies, the mobile numbers lie in the prefix 097, which no operator uses, and in a German block kept for
films. The expected answers come from the part that each device plays, never from asking the software.
"""

import datetime as dt
import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from eir.identity import check_digit

# ---- the catalogue ---------------------------------------------------------------------------------------------


class Model(NamedTuple):
    tac: str
    maker: str
    name: str
    marketing: str
    brand: str
    allocated: str
    device_type: str = "Smartphone"
    slots: int = 2
    radio: str = "GSM,WCDMA,LTE"
    cutover: str = ""
    second_tac: str = ""  # of slot 2, where the maker uses a pair of TACs


GSM_ONLY = "GSM"
WITH_5G = "GSM,WCDMA,LTE,NR"
FEATURE = "Mobile Phone/Feature phone"
BANDS = {
    "GSM": "GSM 900,GSM 1800",
    "GSM,WCDMA,LTE": "GSM 900,GSM 1800,WCDMA FDD Band 1,LTE FDD BAND 1,LTE FDD BAND 3,LTE FDD BAND 7",
    "GSM,WCDMA,LTE,NR": "GSM 900,GSM 1800,WCDMA FDD Band 1,LTE FDD BAND 3,LTE TDD BAND 42,NR BAND n78",
}

MODELS = (
    Model("01324706", "Northfield Devices Inc", "NF-N4", "Northfield N4", "Northfield", "17-Aug-2021"),
    Model("01589213", "Northfield Devices Inc", "NF-N5", "Northfield N5", "Northfield", "09-Feb-2024", radio=WITH_5G),
    Model("35118846", "Tellara Oy", "TE-T1", "Tellara T1", "Tellara", "22-Oct-2020"),
    Model("35260411", "Arvand Communications", "ARV-A10", "Arvand A10", "Arvand", "14-Mar-2022"),
    Model("35260412", "Arvand Communications", "ARV-A12", "Arvand A12", "Arvand", "14-Mar-2022"),
    Model("35331947", "Caspira Electronics", "CE-C5", "Caspira C5", "Caspira", "05-Jul-2022"),
    Model("35331948", "Caspira Electronics", "CE-C5L", "Caspira C5 Lite", "Caspira", "05-Jul-2022"),
    Model("35410093", "Arvand Communications", "ARV-A30", "Arvand A30 5G", "Arvand", "19-Jan-2025", radio=WITH_5G),
    Model("35502214", "Caspira Electronics", "CE-100", "Caspira 100", "Caspira", "30-Nov-2018", FEATURE, 2, GSM_ONLY),
    Model("35502215", "Caspira Electronics", "CE-110", "Caspira 110", "Caspira", "03-Dec-2018", FEATURE, 2, GSM_ONLY),
    Model("35693127", "Tellara Oy", "TE-T2", "Tellara T2 5G", "Tellara", "11-Sep-2023", radio=WITH_5G),
    Model("35718809", "Arvand Communications", "ARV-A20", "Arvand A20", "Arvand", "28-Feb-2023", second_tac="35718810"),
    Model("35718810", "Arvand Communications", "ARV-A20", "Arvand A20", "Arvand", "28-Feb-2023"),
    Model("35887340", "Tellara Oy", "TE-HG5", "Tellara Home Gateway", "Tellara", "02-May-2023", "Modem", 1, WITH_5G),
    Model("35944102", "Arvand Communications", "ARV-T8", "Arvand Tab 8", "Arvand", "16-Jun-2022", "Tablet", 1),
    Model("86124705", "Lotus Peak Technology", "LP-M3", "Lotus Peak M3", "Lotus Peak", "25-Apr-2021"),
    Model("86124706", "Lotus Peak Technology", "LP-M3P", "Lotus Peak M3 Plus", "Lotus Peak", "25-Apr-2021"),
    Model("86201944", "Qinghe Mobile", "QM-Q7", "Qinghe Q7", "Qinghe", "12-Dec-2022"),
    Model("86201945", "Qinghe Mobile", "QM-Q7X", "Qinghe Q7 Max", "Qinghe", "12-Dec-2022"),
    Model("86390518", "Lotus Peak Technology", "LP-M4", "Lotus Peak M4", "Lotus Peak", "07-Mar-2023"),
    Model("86390519", "Lotus Peak Technology", "LP-M4-5G", "Lotus Peak M4 5G", "Lotus Peak", "07-Mar-2023", radio=WITH_5G),
    Model("86613082", "Qinghe Mobile", "QM-Q9", "Qinghe Q9", "Qinghe", "21-May-2024", radio=WITH_5G),
    Model(
        "86772650", "Qinghe Mobile", "QM-W2", "Qinghe Watch 2", "Qinghe", "08-Oct-2024", "Wearable", 1, cutover="2099-01-01"
    ),
    Model("91143308", "Deccan Handsets", "DH-D2", "Deccan D2", "Deccan", "26-Jan-2019", FEATURE, 2, GSM_ONLY),
    Model("99001248", "Northfield Devices Inc", "NF-N6", "Northfield N6", "Northfield", "13-Sep-2025", radio=WITH_5G),
)
BY_TAC = {model.tac: model for model in MODELS}

# What each declaration brought in: TAC of slot 1, devices.
CSV_GOODS = (
    ("35260411", 6), ("35260412", 5), ("35718809", 5), ("01324706", 5), ("35331947", 4), ("35502214", 3),
    ("35944102", 1), ("35887340", 1),
)  # fmt: skip
XLSX_GOODS = (("86124705", 4), ("86390518", 4), ("86201944", 4))
JSON_GOODS = (("35693127", 2), ("86613082", 2), ("35944102", 1), ("86772650", 1))
TSV_GOODS = (("35331948", 4), ("86124706", 3), ("91143308", 3))
TSV_BAD_GOODS = (("35331948", 1), ("86124706", 1), ("91143308", 1))  # wrong digit, lost digits, ragged
SMUGGLED_GOODS = (("01589213", 2), ("99001248", 1), ("35410093", 1))  # eight IMEIs

# ---- devices and subscribers -----------------------------------------------------------------------------------


class Device(NamedTuple):
    model: Model
    imeis: tuple[int, ...]  # 14-digit numbers, one for each slot
    serial: str


class Subscriber(NamedTuple):
    imsi: str
    msisdn: str


class Network(NamedTuple):
    name: str
    plmn: str  # MCC and MNC, TS 23.003 §2.2
    msisdn_prefix: str
    first: dt.date
    last: dt.date

    def subscriber(self, number: int) -> Subscriber:
        """The subscriber of that number, one to one; the factors are prime to the moduli and only spread the digits."""
        msin, line = number * 104_729 % 10**8, number * 791_993 % 10**7
        return Subscriber(f"{self.plmn}99{msin:08}", f"{self.msisdn_prefix}{line:07}")


IRANCELL = Network("irancell", "43235", "98970", dt.date(2026, 9, 1), dt.date(2026, 9, 30))
MCI = Network("mci", "43211", "98971", dt.date(2026, 9, 1), dt.date(2026, 10, 31))
ROAMERS = (Subscriber("262019990010010", "491713920010"), Subscriber("262029990010027", "491713920027"))

# On the air 14 digits, 15 with the spare digit 0, or 16 with the software version; from call records also 15 with the
# check digit (TS 23.003 §6.2).
FORMS = ("14", "15-spare", "15", "16")


def shown(imei: int, form: str = "15") -> str:
    if form == "14":
        return f"{imei:014}"
    if form == "15-spare":
        return f"{imei:014}0"
    if form == "16":
        return f"{imei:014}{imei % 7:02}"
    return f"{imei:014}{check_digit(imei)}"


@dataclass
class Maker:
    """Gives out serial numbers and subscribers, each once."""

    rng: random.Random
    used: set[int] = field(default_factory=set)
    subscribers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(101))

    def serial_number(self) -> int:
        while (snr := 2 * self.rng.randrange(5_000, 500_000)) in self.used:
            pass
        self.used.add(snr)
        return snr

    def device(self, tac: str) -> Device:
        model, snr = BY_TAC[tac], self.serial_number()
        second = int(model.second_tac) * 10**6 + snr if model.second_tac else int(tac) * 10**6 + snr + 1
        imeis = (int(tac) * 10**6 + snr, second)[: model.slots]
        return Device(model, imeis, f"{model.name.replace('-', '')}{snr * 37 % 10**7:07}")

    def devices(self, goods: Iterable[tuple[str, int]]) -> list[Device]:
        return [self.device(tac) for tac, count in goods for _ in range(count)]

    def subscriber(self, network: Network) -> Subscriber:
        return network.subscriber(next(self.subscribers))


class Sighting(NamedTuple):
    network: Network
    date: dt.date
    imei: str
    subscriber: Subscriber
    rat: str


class Question(NamedTuple):
    imei: str
    imsi: str
    status: str
    rule: str
    after_grace: str
    why: str


# ---- the story -------------------------------------------------------------------------------------------------


class Country:
    """Who imported what, what was smuggled, stolen and cloned, and who was seen where."""

    def __init__(self) -> None:
        self.make = make = Maker(random.Random(432))  # noqa: S311 - sample data that must repeat
        self.csv, self.xlsx = make.devices(CSV_GOODS), make.devices(XLSX_GOODS)
        self.json, self.tsv = make.devices(JSON_GOODS), make.devices(TSV_GOODS)
        self.wrong_digit, self.digits_lost, self.ragged = make.devices(TSV_BAD_GOODS)
        self.smuggled = make.devices(SMUGGLED_GOODS)
        self.watches = make.devices([("86772650", 3)])  # the last one stays in its box
        self.stolen = [self.csv[3], self.csv[17], self.csv[29]]
        self.stolen_abroad = make.device("99001248").imeis[0]
        self.pending = self.xlsx[6].imeis[0]
        self.clone = self.csv[7].imeis[0]
        self.roaming_phone = make.device("35118846").imeis[0]
        self.never_seen = make.device("86390519").imeis[0]
        self.test_imei = 4401_12_345678  # RBI 00, prefix 0044: a test allocation (GSMA TS.06)
        self.home: dict[int, Subscriber] = {}  # the SIM that each IMEI was seen with
        self.sightings: list[Sighting] = []
        self._forms = itertools.cycle(FORMS)
        self._see_everyone()

    @property
    def imported(self) -> list[Device]:
        return [*self.csv, *self.xlsx, *self.json, *self.tsv]

    @property
    def unsold(self) -> list[Device]:
        """Imported and still in the shop: never seen on a network."""
        return self.imported[10::12]

    def see(self, network: Network, imei: str | int, subscriber: Subscriber, *days: int) -> None:
        """One row of the dump for each day, counted from the first of the file; an IMEI in changing forms."""
        for day in days:
            text = imei if isinstance(imei, str) else shown(imei, next(self._forms))
            rat = self.make.rng.choice(("006", "001|006", "002|001", "002"))
            self.sightings.append(Sighting(network, network.first + dt.timedelta(day), text, subscriber, rat))

    def see_at_home(self, network: Network, imei: int) -> None:
        """The IMEI with its own SIM, on two or three days."""
        self.home[imei] = self.make.subscriber(network)
        days = (network.last - network.first).days
        self.see(network, imei, self.home[imei], *sorted(self.make.rng.sample(range(days + 1), 2 + (days > 30))))

    def _see_everyone(self) -> None:
        on_sale = [device for device in self.imported if device not in self.unsold]
        for number, device in enumerate([*on_sale, *self.smuggled, *self.watches[:2]]):
            for slot, imei in enumerate(device.imeis):
                self.see_at_home((IRANCELL, MCI)[(number + slot) % 2], imei)
        self.see_at_home(MCI, self.stolen_abroad)
        self.new_owner = self.make.subscriber(IRANCELL)  # of the stolen phone, and tries a pair
        self.see(IRANCELL, self.stolen[0].imeis[0], self.new_owner, 20, 28)
        self.lender = self.make.subscriber(MCI)  # puts her SIM into the paired smuggled phone once
        self.see(MCI, self.paired_smuggled, self.lender, 60)
        self.clone_sims = [self.home[self.clone], *(self.make.subscriber(net) for net in (IRANCELL, MCI, MCI))]
        for subscriber in self.clone_sims[1:]:
            self.see(MCI if subscriber.imsi.startswith(MCI.plmn) else IRANCELL, self.clone, subscriber, 13, 21)
        self.see(MCI, self.roaming_phone, ROAMERS[0], 29, 30)  # 30 September and 1 October
        self.see(MCI, self.csv[0].imeis[0], ROAMERS[1], 44)
        self.tester = self.make.subscriber(IRANCELL)
        self.see(IRANCELL, self.test_imei, self.tester, 9)
        self._see_month_ends()
        self._see_noise()

    def _see_month_ends(self) -> None:
        for day in (0, 29, 30, 60):
            self.see(MCI, self.csv[1].imeis[1], self.home[self.csv[1].imeis[1]], day)

    def _see_noise(self) -> None:
        """What networks send and no list may ever hold: malformed and empty values."""
        sim = self.make.subscriber
        self.malformed = {"35A9380356438": sim(IRANCELL), "356938035": sim(IRANCELL), "0" * 15: sim(MCI), "*#06#": sim(MCI)}
        for imei, subscriber in self.malformed.items():
            self.see(MCI if subscriber.imsi.startswith(MCI.plmn) else IRANCELL, imei, subscriber, 17)
        for network in (IRANCELL, MCI):
            self.see(network, "", sim(network), 5)
        self.see(MCI, self.csv[2].imeis[0], Subscriber("", ""), 33)

    @property
    def paired_smuggled(self) -> int:
        return self.smuggled[1].imeis[0]

    @property
    def pairs(self) -> list[tuple[int, Subscriber]]:
        return [
            (self.paired_smuggled, self.home[self.paired_smuggled]),
            (self.stolen[0].imeis[0], self.new_owner),
            (self.clone, self.clone_sims[0]),
            (self.clone, self.clone_sims[2]),
        ]


# ---- the expected answers --------------------------------------------------------------------------------------


def expect(
    imei: int | str, imsi: str, status: str, rule: str, why: str, *, form: str = "15", after_grace: str = ""
) -> Question:
    text = imei if isinstance(imei, str) else shown(imei, form)
    return Question(text, imsi, status, rule, after_grace or status, why)


def truth(country: Country) -> list[Question]:
    return [*_registered(country), *_not_loaded(country), *_smuggled(country), *_barred(country), *_others(country)]


def _registered(c: Country) -> Iterable[Question]:
    for number, device in enumerate([*c.csv[:22:6], c.csv[28], *c.xlsx[::5], *c.json[::3], *c.tsv[::3]]):
        for imei in device.imeis:
            imsi = c.home[imei].imsi if imei in c.home else ""
            why = f"imported: {device.model.marketing}"
            yield expect(imei, imsi, "WHITELISTED", "DEVICE", why, form=FORMS[number % 4])
    for form in FORMS:
        yield expect(c.csv[1].imeis[0], "", "WHITELISTED", "DEVICE", "imported; every form is one device", form=form)
    yield expect(c.unsold[0].imeis[1], "", "WHITELISTED", "DEVICE", "imported and never seen on a network")
    yield expect(c.json[5].imeis[0], "", "WHITELISTED", "DEVICE", "imported watch; its record comes before its cut-over")
    yield expect(c.tsv[1].imeis[0], "", "WHITELISTED", "DEVICE", "its row stands twice in the manifest; loaded once")
    yield expect(c.pending, c.home[c.pending].imsi, "WHITELISTED", "DEVICE", "stolen-list row is pending; does not block")
    for imei, subscriber in [(c.clone, sim) for sim in c.clone_sims]:
        rule = "PAIR" if (imei, subscriber) in c.pairs else "DEVICE"
        yield expect(imei, subscriber.imsi, "WHITELISTED", rule, "cloned IMEI; one of its four SIMs")


def _not_loaded(c: Country) -> Iterable[Question]:
    for device, why in (
        (c.wrong_digit, "row refused: wrong check digit in slot 1"),
        (c.digits_lost, "row refused: digits of slot 1 lost in a spreadsheet"),
        (c.ragged, "row refused: too few cells"),
    ):
        for imei in device.imeis:
            yield expect(imei, "", "UNKNOWN", "UNKNOWN", why, form="14")


def _smuggled(c: Country) -> Iterable[Question]:
    listed = {"status": "GREYLISTED", "rule": "DEVICE", "after_grace": "BLACKLISTED"}
    for number, imei in enumerate(imei for device in c.smuggled for imei in device.imeis):
        if imei != c.paired_smuggled:
            why = "in no manifest; seen on a network; 30 days of grace"
            yield expect(imei, c.home[imei].imsi, why=why, form=FORMS[number % 4], **listed)
    yield expect(c.smuggled[0].imeis[0], "", why="smuggled; asked without IMSI", **listed)
    yield expect(c.paired_smuggled, c.lender.imsi, why="smuggled; this SIM is not its pair", **listed)
    yield expect(c.paired_smuggled, "", why="smuggled; a pair needs the IMSI", **listed)
    imsi = c.home[c.paired_smuggled].imsi
    yield expect(c.paired_smuggled, imsi, "WHITELISTED", "PAIR", "smuggled; its owner keeps service with this SIM")


def _barred(c: Country) -> Iterable[Question]:
    for device in c.stolen:
        for imei in device.imeis:
            yield expect(imei, c.home[imei].imsi, "BLACKLISTED", "BARRED", "imported and then stolen", form="16")
    paired = c.stolen[0].imeis[0]
    yield expect(paired, c.new_owner.imsi, "BLACKLISTED", "BARRED", "stolen; a pair does not override")
    yield expect(paired, "", "BLACKLISTED", "BARRED", "stolen; asked without IMSI")
    imsi = c.home[c.stolen_abroad].imsi
    yield expect(c.stolen_abroad, imsi, "BLACKLISTED", "BARRED", "stolen; in no manifest and seen; never grey")


def _others(c: Country) -> Iterable[Question]:
    for watch in c.watches:
        imsi = c.home[watch.imeis[0]].imsi if watch.imeis[0] in c.home else ""
        yield expect(watch.imeis[0], imsi, "WHITELISTED", "CUTOVER", "not imported; enforcement of this TAC begins in 2099")
    foreign = "foreign SIM is outside the scheme"
    yield expect(c.roaming_phone, ROAMERS[0].imsi, "WHITELISTED", "EXEMPT_IMSI", f"unregistered phone; {foreign}")
    yield expect(c.csv[0].imeis[0], ROAMERS[1].imsi, "WHITELISTED", "EXEMPT_IMSI", f"imported phone; {foreign}")
    yield expect(c.smuggled[0].imeis[1], ROAMERS[1].imsi, "WHITELISTED", "EXEMPT_IMSI", f"smuggled phone; {foreign}")
    yield expect(c.roaming_phone, "", "UNKNOWN", "UNKNOWN", "seen with a foreign SIM only; on no list")
    for imsi in (c.tester.imsi, ""):
        yield expect(c.test_imei, imsi, "UNKNOWN", "TEST", "test IMEI", form="14")
    for imei, subscriber in c.malformed.items():
        yield expect(imei, subscriber.imsi, "UNKNOWN", "MALFORMED", "no phone has this IMEI; seen on a network")
    yield expect(c.never_seen, "", "UNKNOWN", "UNKNOWN", "type in the catalogue; device never heard of")
    yield expect(35999999_123456, "43235990000001", "UNKNOWN", "UNKNOWN", "type not in the catalogue; never heard of")

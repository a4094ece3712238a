"""`Engine`: the answer to "may this device be served?", read from one snapshot of the store. The hot path.

A question costs what its reads cost. Three ideas make that so:

- The device's own record, or that there is none, decides nearly every question, and few distinct records exist: most devices
  of a batch share the six bytes that decide. So the verdict for those bytes is made once, by `decide`, and kept
  (`_Verdicts`).
- What is kept belongs to one second, and is handed on to the next while no deadline among the records kept has passed.
- Everything else (a pair, a lock, a range, a test number) gathers all the facts and asks `decide` again: `View._ask`.

Nothing here logs, counts or reads configuration. A `View` belongs to the thread that opened it, and lives as long as one
question, or one batch of questions that arrived together: the next answer then sees the next commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from eir import records
from eir.identity import ClassTable, ImeiClass, imei14_from_network, imsi_text, mcc_of
from eir.lists import Answers, Facts, Listing, Reason, Verdict, decide
from eir.policy import Policy
from store.environment import Environment
from store.snapshot import Snapshot

NO_SVN = -1
_TRILLION = 10**12  # splits the country code off an IMSI
_MILLION = 10**6  # splits the serial off an IMEI
NO_RECORD = b""
_NEVER = 1 << 62
_KEPT = 65536  # distinct records whose verdicts are kept; a registry has a few thousand
CLASS_REASON = {
    ImeiClass.TEST: Reason.TEST_IMEI,
    ImeiClass.ALL_ZERO: Reason.PLACEHOLDER_IMEI,
    ImeiClass.PLACEHOLDER: Reason.PLACEHOLDER_IMEI,
}


class Engine:
    """Answers questions under one policy. Cheap to make; makes views of the store's last commit."""

    def __init__(self, environment: Environment, policy: Policy) -> None:
        self._environment = environment
        self.answers = policy.answers()
        self.classes = policy.imei_classes()
        self.special = _by_first_byte(self.classes)
        self.exempt = Exemptions(policy)
        self._plain = _Verdicts(self.answers, 0, has_imsi=False)
        self._with_imsi = _Verdicts(self.answers, 0, has_imsi=True)

    def verdicts(self, now: int) -> tuple[_Verdicts, _Verdicts]:
        """The kept verdicts that hold at a second: without and with an IMSI."""
        plain, with_imsi = self._plain.at(now), self._with_imsi.at(now)
        self._plain, self._with_imsi = plain, with_imsi
        return plain, with_imsi

    def view(self, now: int) -> AbstractContextManager[View]:
        """The store as the last commit left it, and the time `now` in unix seconds, for the time of the block."""
        return _Viewing(self, self._environment.snapshot(), now)

    def over(self, snapshot: Snapshot, now: int) -> View:
        """A view of a snapshot that the caller holds."""
        return View(self, snapshot, now)


class _Viewing:
    """The block of a view. A class: every question of a network opens one, and a generator costs twice as much."""

    __slots__ = ("_engine", "_now", "_reading")

    def __init__(self, engine: Engine, reading: AbstractContextManager[Snapshot], now: int) -> None:
        self._engine, self._reading, self._now = engine, reading, now

    def __enter__(self) -> View:
        return View(self._engine, self._reading.__enter__(), self._now)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._reading.__exit__(kind, error, trace)


class View:
    """One state of the store at one second. `as_of` is the sequence number of the commit that the answers are read from."""

    __slots__ = ("_device", "_engine", "_exempt", "_now", "_plain", "_snapshot", "_special", "_with_imsi")

    def __init__(self, engine: Engine, snapshot: Snapshot, now: int) -> None:
        self._engine = engine
        self._snapshot = snapshot
        self._now = now
        self._device = snapshot.getter("status")
        self._plain, self._with_imsi = engine.verdicts(now)
        self._special = engine.special
        self._exempt = engine.exempt.leads

    @property
    def as_of(self) -> int:
        """Read from the store at each call."""
        return self._snapshot.seq

    def check(self, imei14: int, imsi: int = 0, svn: int = NO_SVN) -> Verdict:
        """The verdict on a 14-digit IMEI, an IMSI (0 = none) and a software version."""
        key = imei14.to_bytes(6, "big")
        value = self._device(key)
        if imsi:
            if self._exempt[imsi // _TRILLION] or self._on_file(key, imsi):
                return self._ask(imei14, imsi, svn, value)
            kept = self._with_imsi
        else:
            kept = self._plain
        if value is None:
            if self._covered(key, imei14):
                return self._ask(imei14, imsi, svn, value)
            value = NO_RECORD
        if self._special[key[0]]:
            return self._ask(imei14, imsi, svn, value or None)
        return kept[value[:6]] or self._ask(imei14, imsi, svn, value or None)  # records.DECIDING: a constant slices faster

    def _on_file(self, key: bytes, imsi: int) -> bool:
        """Whether a pair or a lock names the subscriber, so that more than the device decides."""
        subscriber = imsi.to_bytes(7, "big")
        snapshot = self._snapshot
        if snapshot.get("pair", key + subscriber) is not None:
            return True
        locked = snapshot.seek("imsi_lock", subscriber)
        return locked is not None and locked[0].startswith(subscriber)

    def _covered(self, key: bytes, imei14: int) -> bool:
        """Whether a range or a cut-over to come decides on a device without a record."""
        span = self._snapshot.seek("range", key)
        if span is not None and span[1][:6] <= key:
            return True
        catalogued = self._snapshot.get("tac", (imei14 // _MILLION).to_bytes(4, "big"))
        return catalogued is not None and not catalogued.startswith(records.IN_FORCE)

    def check_network(self, text: str, imsi: int = 0, svn: int = NO_SVN) -> Verdict:
        """The verdict on an IMEI as a network holds it: 14 to 16 digits, or malformed (upper-cased, 1 to 16 characters)."""
        imei14 = imei14_from_network(text)
        if imei14 is not None:
            return self.check(imei14, imsi, int(text[14:]) if len(text) == 16 else svn)
        value = self._snapshot.get("malformed", records.text_key(text.upper()))
        listing = records.decode_listing(value)[0] if value else None
        facts = Facts(self._now, Reason.MALFORMED_IMEI, bool(imsi), self._engine.exempt.reason(imsi), device=listing)
        return decide(facts, self._engine.answers)

    def _ask(self, imei14: int, imsi: int, svn: int, value: bytes | None) -> Verdict:
        """All facts, then the table."""
        engine, snapshot = self._engine, self._snapshot
        paired = locked = False
        if imsi:
            paired = snapshot.get("pair", records.pair_key(imei14, imsi)) is not None
            locked = not paired and self._locked_elsewhere(imsi, imei14)
        facts = Facts(
            now=self._now,
            unfit=CLASS_REASON.get(engine.classes.classify(imei14)),
            has_imsi=bool(imsi),
            exempt=engine.exempt.reason(imsi),
            paired=paired,
            locked_elsewhere=locked,
            device=records.decode_device(value).listing if value else None,
            range=self._range(imei14, svn),
            cutover=self._cutover(imei14 // 1_000_000),
        )
        return decide(facts, engine.answers)

    def _locked_elsewhere(self, imsi: int, imei14: int) -> bool:
        first = self._snapshot.seek("imsi_lock", records.lock_key(imsi, 0))
        if first is None or records.number(first[0][:7]) != imsi:
            return False
        return self._snapshot.get("imsi_lock", records.lock_key(imsi, imei14)) is None

    def _range(self, imei14: int, svn: int) -> Listing | None:
        found = self._snapshot.seek("range", records.imei_key(imei14))
        if found is None:
            return None
        span = records.decode_range(*found)
        if span.first > imei14 or (span.svns and svn not in span.svns):
            return None
        return span.listing

    def _cutover(self, tac: int) -> int:
        value = self._snapshot.get("tac", records.tac_key(tac))
        return records.decode_cutover(value) if value else 0

    def check_many(self, imeis: Sequence[int], imsis: Sequence[int]) -> list[Verdict]:
        """The verdicts on IMEIs, in step with their IMSIs, or with no IMSIs at all."""
        if imsis:
            return list(map(self.check, imeis, imsis))
        # `check` without its calls: a third of the time of a batch.
        device, special, kept, check = self._device, self._special, self._plain, self.check
        verdicts = []
        for imei14 in imeis:
            key = imei14.to_bytes(6, "big")
            value = device(key)
            verdict = None if value is None or special[key[0]] else kept[value[:6]]
            verdicts.append(verdict or check(imei14))
        return verdicts


def _by_first_byte(classes: ClassTable) -> tuple[bool, ...]:
    """By the first byte of a key: whether an IMEI there could be no production one. A byte spans up to three leads."""
    byte = 1 << 40
    spans = ((first // _TRILLION, (first + byte - 1) // _TRILLION) for first in range(0, 256 * byte, byte))
    return tuple(any(classes.special_leads[low : high + 1]) for low, high in spans)


class _Verdicts(dict[bytes, "Verdict | None"]):
    """What `decide` says of a record when nothing but the record matters; None where more does.

    The key is the first `records.DECIDING` bytes of the record, or NO_RECORD. All entries hold for any time in [now, until).
    """

    def __init__(self, answers: Answers, now: int, *, has_imsi: bool) -> None:
        super().__init__()
        self._answers = answers
        self._has_imsi = has_imsi
        self._now, self._until = now, _NEVER

    def at(self, now: int) -> _Verdicts:
        """The entries that hold at a second. Views of other seconds keep theirs, so they may be open side by side."""
        if now == self._now:
            return self
        other = _Verdicts(self._answers, now, has_imsi=self._has_imsi)
        if self._now < now < self._until:
            other.update(self)
            other._until = self._until
        return other

    def __missing__(self, head: bytes) -> Verdict | None:
        listing = records.decode_listing(head.ljust(records.HEAD, b"\0"))[0] if head else None
        if len(self) >= _KEPT:
            self.clear()
        if listing is not None and listing.deadline > self._now:
            self._until = min(self._until, listing.deadline)
        verdict = None
        if listing is None or listing.lists or listing.paired_only:
            verdict = decide(Facts(self._now, has_imsi=self._has_imsi, device=listing), self._answers)
        self[head] = verdict
        return verdict


class Exemptions:
    """Which subscribers are outside the scheme: foreign roamers and exempt ranges. IMSIs as numbers, 0 = none given."""

    def __init__(self, policy: Policy) -> None:
        self._home = frozenset(int(mcc) for mcc in policy.home.mcc)
        self._roamers = policy.home.roamers_exempt
        self._prefixes = policy.home.exempt_imsi
        # By the leading three of 15 digits: whether an IMSI that begins so could be exempt. Below 200 it is a shorter one,
        # whose country is not there.
        self.leads = tuple(lead < 200 or self._could_be_exempt(lead) for lead in range(1000))

    def _could_be_exempt(self, mcc: int) -> bool:
        if self._roamers and mcc not in self._home:
            return True
        return any(prefix.startswith(str(mcc)) or str(mcc).startswith(prefix) for prefix in self._prefixes)

    def reason(self, imsi: int) -> Reason | None:
        """Why an IMSI is exempt; None when it is not, or when none is given."""
        if not imsi:
            return None
        if self._roamers and mcc_of(imsi) not in self._home:
            return Reason.ROAMER
        if self._prefixes and imsi_text(imsi).startswith(self._prefixes):
            return Reason.EXEMPT_IMSI
        return None

"""`Engine`: the answer to "may this device be served?", read from one snapshot of the store. The hot path.

A question costs what its reads cost. Three ideas make that so:

- The device's own record decides nearly every question, and few distinct records exist: most devices of a batch share the
  eight bytes that decide. So the verdict for those bytes is made once, by `decide`, and kept (`_Verdicts`).
- What is kept is valid from its making until the next deadline among the records kept; then all of it is made anew.
- Everything else (no record, a pair, a lock, a test number) gathers all the facts and asks `decide` again: `View._ask`.

Nothing here logs, counts or reads configuration. A `View` belongs to the thread that opened it, and lives as long as one
question, or one batch of questions that arrived together: the next answer then sees the next commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from eir import records
from eir.identity import ImeiClass, imei14_from_network
from eir.lists import Answers, Facts, Listing, Reason, Verdict, decide
from eir.policy import Policy
from store.environment import Environment
from store.snapshot import Snapshot

NO_SVN = -1
_TRILLION = 10**12  # splits the two leading digits (reporting body) or the country code off
_KEPT = 65536  # distinct records whose verdicts are kept; a registry has a few thousand
_CLASS_REASON = {
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
        self.exempt = Exemptions(policy)
        self.verdicts = _Verdicts(self.answers, has_imsi=False)
        self.verdicts_with_imsi = _Verdicts(self.answers, has_imsi=True)

    @contextmanager
    def view(self, now: int) -> Iterator[View]:
        """The store as the last commit left it, and the time `now` in unix seconds, for the time of the block."""
        with self._environment.snapshot() as snapshot:
            yield self.over(snapshot, now)

    def over(self, snapshot: Snapshot, now: int) -> View:
        """A view of a snapshot that the caller holds."""
        return View(self, snapshot, now)


class View:
    """One state of the store at one second. `as_of` is the sequence number of the commit that the answers are read from."""

    def __init__(self, engine: Engine, snapshot: Snapshot, now: int) -> None:
        self._engine = engine
        self._snapshot = snapshot
        self._now = now
        self.as_of = snapshot.seq
        self.check = self._checker()

    def _checker(self) -> Callable[..., Verdict]:
        """`check`, with all that it reads bound once."""
        engine = self._engine
        plain, with_imsi = engine.verdicts.at(self._now), engine.verdicts_with_imsi.at(self._now)
        device, pair, lock = (
            self._snapshot.getter("status"),
            self._snapshot.getter("pair"),
            self._snapshot.seeker("imsi_lock"),
        )
        special, exempt, ask, head = engine.classes.special_leads, engine.exempt.leads, self._ask, records.HEAD

        def check(imei14: int, imsi: int = 0, svn: int = NO_SVN) -> Verdict:
            """The verdict on a 14-digit IMEI, an IMSI (0 = none) and a software version."""
            key = imei14.to_bytes(6, "big")
            value = device(key)
            if value is None or special[imei14 // _TRILLION]:
                return ask(imei14, imsi, svn, value)
            if not imsi:
                return plain[value[:head]] or ask(imei14, imsi, svn, value)
            if exempt[imsi // _TRILLION]:
                return ask(imei14, imsi, svn, value)
            subscriber = imsi.to_bytes(7, "big")
            if pair(key + subscriber) is not None:
                return ask(imei14, imsi, svn, value)
            locked = lock(subscriber)
            if locked is not None and locked[0].startswith(subscriber):
                return ask(imei14, imsi, svn, value)
            return with_imsi[value[:head]] or ask(imei14, imsi, svn, value)

        return check

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
            unfit=_CLASS_REASON.get(engine.classes.classify(imei14)),
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
        return list(map(self.check, imeis, imsis)) if imsis else list(map(self.check, imeis))


class _Verdicts(dict[bytes, "Verdict | None"]):
    """What `decide` says of a record when nothing but the record matters; None where more does.

    The key is the first eight bytes of the record. All entries hold for any time in [made, until).
    """

    def __init__(self, answers: Answers, *, has_imsi: bool) -> None:
        super().__init__()
        self._answers = answers
        self._has_imsi = has_imsi
        self._made = self._until = 0

    def at(self, now: int) -> _Verdicts:
        """The entries that hold at a second."""
        if not self._made <= now < self._until:
            self.clear()
            self._made, self._until = now, 1 << 62
        return self

    def __missing__(self, head: bytes) -> Verdict | None:
        listing, _ = records.decode_listing(head)
        if len(self) >= _KEPT:
            self.clear()
        if listing.deadline > self._made:
            self._until = min(self._until, listing.deadline)
        verdict = None
        if listing.lists or listing.paired_only:
            verdict = decide(Facts(self._made, has_imsi=self._has_imsi, device=listing), self._answers)
        self[head] = verdict
        return verdict


class Exemptions:
    """Which subscribers are outside the scheme: foreign roamers and exempt ranges. IMSIs as numbers, 0 = none given."""

    def __init__(self, policy: Policy) -> None:
        self._home = frozenset(int(mcc) for mcc in policy.home.mcc)
        self._roamers = policy.home.roamers_exempt
        self._ranges = tuple((int(prefix.ljust(15, "0")), int(prefix.ljust(15, "9"))) for prefix in policy.home.exempt_imsi)
        # By country code: whether an IMSI that begins so could be exempt.
        self.leads = tuple(
            (self._roamers and mcc not in self._home)
            or any(first // _TRILLION <= mcc <= last // _TRILLION for first, last in self._ranges)
            for mcc in range(1000)
        )

    def reason(self, imsi: int) -> Reason | None:
        """Why an IMSI is exempt; None when it is not, or when none is given."""
        if not imsi:
            return None
        if self._roamers and imsi // _TRILLION not in self._home:
            return Reason.ROAMER
        if any(first <= imsi <= last for first, last in self._ranges):
            return Reason.EXEMPT_IMSI
        return None

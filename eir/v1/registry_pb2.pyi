from eir.v1 import check_pb2 as _check_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LoadKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOAD_KIND_UNSPECIFIED: _ClassVar[LoadKind]
    LOAD_KIND_MANIFEST: _ClassVar[LoadKind]
    LOAD_KIND_OPERATOR_DUMP: _ClassVar[LoadKind]
    LOAD_KIND_TAC: _ClassVar[LoadKind]
    LOAD_KIND_STOLEN: _ClassVar[LoadKind]
    LOAD_KIND_PAIRS: _ClassVar[LoadKind]
    LOAD_KIND_BLOCK_LIST: _ClassVar[LoadKind]

class LoadOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOAD_OUTCOME_UNSPECIFIED: _ClassVar[LoadOutcome]
    LOAD_OUTCOME_LOADED: _ClassVar[LoadOutcome]
    LOAD_OUTCOME_UNCHANGED: _ClassVar[LoadOutcome]
    LOAD_OUTCOME_DRY_RUN: _ClassVar[LoadOutcome]
    LOAD_OUTCOME_REFUSED: _ClassVar[LoadOutcome]
    LOAD_OUTCOME_UNDONE: _ClassVar[LoadOutcome]

class RowClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROW_CLASS_UNSPECIFIED: _ClassVar[RowClass]
    ROW_CLASS_OK: _ClassVar[RowClass]
    ROW_CLASS_WARN: _ClassVar[RowClass]
    ROW_CLASS_REVIEW: _ClassVar[RowClass]
    ROW_CLASS_REJECTED: _ClassVar[RowClass]
    ROW_CLASS_SKIPPED: _ClassVar[RowClass]
    ROW_CLASS_FILE: _ClassVar[RowClass]

class List(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIST_UNSPECIFIED: _ClassVar[List]
    LIST_WHITE: _ClassVar[List]
    LIST_GREY: _ClassVar[List]
    LIST_BLACK: _ClassVar[List]
LOAD_KIND_UNSPECIFIED: LoadKind
LOAD_KIND_MANIFEST: LoadKind
LOAD_KIND_OPERATOR_DUMP: LoadKind
LOAD_KIND_TAC: LoadKind
LOAD_KIND_STOLEN: LoadKind
LOAD_KIND_PAIRS: LoadKind
LOAD_KIND_BLOCK_LIST: LoadKind
LOAD_OUTCOME_UNSPECIFIED: LoadOutcome
LOAD_OUTCOME_LOADED: LoadOutcome
LOAD_OUTCOME_UNCHANGED: LoadOutcome
LOAD_OUTCOME_DRY_RUN: LoadOutcome
LOAD_OUTCOME_REFUSED: LoadOutcome
LOAD_OUTCOME_UNDONE: LoadOutcome
ROW_CLASS_UNSPECIFIED: RowClass
ROW_CLASS_OK: RowClass
ROW_CLASS_WARN: RowClass
ROW_CLASS_REVIEW: RowClass
ROW_CLASS_REJECTED: RowClass
ROW_CLASS_SKIPPED: RowClass
ROW_CLASS_FILE: RowClass
LIST_UNSPECIFIED: List
LIST_WHITE: List
LIST_GREY: List
LIST_BLACK: List

class Author(_message.Message):
    __slots__ = ("actor", "reason")
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    actor: str
    reason: str
    def __init__(self, actor: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CommitResponse(_message.Message):
    __slots__ = ("seq", "changes")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    seq: int
    changes: int
    def __init__(self, seq: _Optional[int] = ..., changes: _Optional[int] = ...) -> None: ...

class LoadOptions(_message.Message):
    __slots__ = ("kind", "file_name", "dry_run", "author", "declaration", "operator", "size")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    DECLARATION_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    kind: LoadKind
    file_name: str
    dry_run: bool
    author: Author
    declaration: DeclarationFacts
    operator: str
    size: int
    def __init__(self, kind: _Optional[_Union[LoadKind, str]] = ..., file_name: _Optional[str] = ..., dry_run: _Optional[bool] = ..., author: _Optional[_Union[Author, _Mapping]] = ..., declaration: _Optional[_Union[DeclarationFacts, _Mapping]] = ..., operator: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class DeclarationFacts(_message.Message):
    __slots__ = ("number", "office", "year", "importer", "declared_devices", "date", "declared_imeis")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OFFICE_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    IMPORTER_FIELD_NUMBER: _ClassVar[int]
    DECLARED_DEVICES_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    DECLARED_IMEIS_FIELD_NUMBER: _ClassVar[int]
    number: str
    office: str
    year: int
    importer: str
    declared_devices: int
    date: str
    declared_imeis: int
    def __init__(self, number: _Optional[str] = ..., office: _Optional[str] = ..., year: _Optional[int] = ..., importer: _Optional[str] = ..., declared_devices: _Optional[int] = ..., date: _Optional[str] = ..., declared_imeis: _Optional[int] = ...) -> None: ...

class LoadRequest(_message.Message):
    __slots__ = ("options", "chunk")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    options: LoadOptions
    chunk: bytes
    def __init__(self, options: _Optional[_Union[LoadOptions, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class RowIssue(_message.Message):
    __slots__ = ("line", "column", "code", "text", "raw")
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    line: int
    column: str
    code: str
    text: str
    raw: str
    def __init__(self, line: _Optional[int] = ..., column: _Optional[str] = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., raw: _Optional[str] = ..., **kwargs) -> None: ...

class GateResult(_message.Message):
    __slots__ = ("name", "value", "limit", "passed", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    limit: float
    passed: bool
    text: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ..., limit: _Optional[float] = ..., passed: _Optional[bool] = ..., text: _Optional[str] = ...) -> None: ...

class CodeCount(_message.Message):
    __slots__ = ("code", "rows", "text")
    CODE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    rows: int
    text: str
    def __init__(self, code: _Optional[str] = ..., rows: _Optional[int] = ..., text: _Optional[str] = ..., **kwargs) -> None: ...

class LoadReport(_message.Message):
    __slots__ = ("kind", "outcome", "batch", "seq", "dry_run", "file_name", "sha256", "rows_read", "ok", "warn", "review", "rejected", "skipped", "devices", "imeis", "changes", "gates", "codes", "issues", "reject_file", "declaration", "notes", "seconds")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ROWS_READ_FIELD_NUMBER: _ClassVar[int]
    OK_FIELD_NUMBER: _ClassVar[int]
    WARN_FIELD_NUMBER: _ClassVar[int]
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    IMEIS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    REJECT_FILE_FIELD_NUMBER: _ClassVar[int]
    DECLARATION_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    kind: LoadKind
    outcome: LoadOutcome
    batch: str
    seq: int
    dry_run: bool
    file_name: str
    sha256: str
    rows_read: int
    ok: int
    warn: int
    review: int
    rejected: int
    skipped: int
    devices: int
    imeis: int
    changes: int
    gates: _containers.RepeatedCompositeFieldContainer[GateResult]
    codes: _containers.RepeatedCompositeFieldContainer[CodeCount]
    issues: _containers.RepeatedCompositeFieldContainer[RowIssue]
    reject_file: str
    declaration: DeclarationFacts
    notes: _containers.RepeatedScalarFieldContainer[str]
    seconds: float
    def __init__(self, kind: _Optional[_Union[LoadKind, str]] = ..., outcome: _Optional[_Union[LoadOutcome, str]] = ..., batch: _Optional[str] = ..., seq: _Optional[int] = ..., dry_run: _Optional[bool] = ..., file_name: _Optional[str] = ..., sha256: _Optional[str] = ..., rows_read: _Optional[int] = ..., ok: _Optional[int] = ..., warn: _Optional[int] = ..., review: _Optional[int] = ..., rejected: _Optional[int] = ..., skipped: _Optional[int] = ..., devices: _Optional[int] = ..., imeis: _Optional[int] = ..., changes: _Optional[int] = ..., gates: _Optional[_Iterable[_Union[GateResult, _Mapping]]] = ..., codes: _Optional[_Iterable[_Union[CodeCount, _Mapping]]] = ..., issues: _Optional[_Iterable[_Union[RowIssue, _Mapping]]] = ..., reject_file: _Optional[str] = ..., declaration: _Optional[_Union[DeclarationFacts, _Mapping]] = ..., notes: _Optional[_Iterable[str]] = ..., seconds: _Optional[float] = ...) -> None: ...

class UndoRequest(_message.Message):
    __slots__ = ("batch", "author")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    batch: str
    author: Author
    def __init__(self, batch: _Optional[str] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class UndoResponse(_message.Message):
    __slots__ = ("batch", "undone_seq", "seq", "changes")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    UNDONE_SEQ_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    batch: str
    undone_seq: int
    seq: int
    changes: int
    def __init__(self, batch: _Optional[str] = ..., undone_seq: _Optional[int] = ..., seq: _Optional[int] = ..., changes: _Optional[int] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("id", "kind", "outcome", "seq", "time", "actor", "file_name", "sha256", "declaration", "rows_read", "devices", "imeis", "rejected", "undone_by", "operator")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    DECLARATION_FIELD_NUMBER: _ClassVar[int]
    ROWS_READ_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    IMEIS_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    UNDONE_BY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: LoadKind
    outcome: LoadOutcome
    seq: int
    time: int
    actor: str
    file_name: str
    sha256: str
    declaration: DeclarationFacts
    rows_read: int
    devices: int
    imeis: int
    rejected: int
    undone_by: int
    operator: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[LoadKind, str]] = ..., outcome: _Optional[_Union[LoadOutcome, str]] = ..., seq: _Optional[int] = ..., time: _Optional[int] = ..., actor: _Optional[str] = ..., file_name: _Optional[str] = ..., sha256: _Optional[str] = ..., declaration: _Optional[_Union[DeclarationFacts, _Mapping]] = ..., rows_read: _Optional[int] = ..., devices: _Optional[int] = ..., imeis: _Optional[int] = ..., rejected: _Optional[int] = ..., undone_by: _Optional[int] = ..., operator: _Optional[str] = ...) -> None: ...

class ListBatchesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListBatchesResponse(_message.Message):
    __slots__ = ("batches",)
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    batches: _containers.RepeatedCompositeFieldContainer[Batch]
    def __init__(self, batches: _Optional[_Iterable[_Union[Batch, _Mapping]]] = ...) -> None: ...

class Pair(_message.Message):
    __slots__ = ("imei", "imsi", "msisdn")
    IMEI_FIELD_NUMBER: _ClassVar[int]
    IMSI_FIELD_NUMBER: _ClassVar[int]
    MSISDN_FIELD_NUMBER: _ClassVar[int]
    imei: str
    imsi: str
    msisdn: str
    def __init__(self, imei: _Optional[str] = ..., imsi: _Optional[str] = ..., msisdn: _Optional[str] = ...) -> None: ...

class PairsRequest(_message.Message):
    __slots__ = ("pairs", "author")
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[Pair]
    author: Author
    def __init__(self, pairs: _Optional[_Iterable[_Union[Pair, _Mapping]]] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class Lock(_message.Message):
    __slots__ = ("imsi", "imei")
    IMSI_FIELD_NUMBER: _ClassVar[int]
    IMEI_FIELD_NUMBER: _ClassVar[int]
    imsi: str
    imei: str
    def __init__(self, imsi: _Optional[str] = ..., imei: _Optional[str] = ...) -> None: ...

class LocksRequest(_message.Message):
    __slots__ = ("locks", "author")
    LOCKS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    locks: _containers.RepeatedCompositeFieldContainer[Lock]
    author: Author
    def __init__(self, locks: _Optional[_Iterable[_Union[Lock, _Mapping]]] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class Listing(_message.Message):
    __slots__ = ("imei", "lists", "reason", "deadline", "paired_only")
    IMEI_FIELD_NUMBER: _ClassVar[int]
    LISTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    PAIRED_ONLY_FIELD_NUMBER: _ClassVar[int]
    imei: str
    lists: _containers.RepeatedScalarFieldContainer[List]
    reason: _check_pb2.Reason
    deadline: int
    paired_only: bool
    def __init__(self, imei: _Optional[str] = ..., lists: _Optional[_Iterable[_Union[List, str]]] = ..., reason: _Optional[_Union[_check_pb2.Reason, str]] = ..., deadline: _Optional[int] = ..., paired_only: _Optional[bool] = ...) -> None: ...

class ListingsRequest(_message.Message):
    __slots__ = ("listings", "author")
    LISTINGS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    listings: _containers.RepeatedCompositeFieldContainer[Listing]
    author: Author
    def __init__(self, listings: _Optional[_Iterable[_Union[Listing, _Mapping]]] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class Range(_message.Message):
    __slots__ = ("first", "last", "lists", "reason", "software_versions", "deadline")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    LISTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    first: str
    last: str
    lists: _containers.RepeatedScalarFieldContainer[List]
    reason: _check_pb2.Reason
    software_versions: _containers.RepeatedScalarFieldContainer[str]
    deadline: int
    def __init__(self, first: _Optional[str] = ..., last: _Optional[str] = ..., lists: _Optional[_Iterable[_Union[List, str]]] = ..., reason: _Optional[_Union[_check_pb2.Reason, str]] = ..., software_versions: _Optional[_Iterable[str]] = ..., deadline: _Optional[int] = ...) -> None: ...

class RangesRequest(_message.Message):
    __slots__ = ("ranges", "author")
    RANGES_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ranges: _containers.RepeatedCompositeFieldContainer[Range]
    author: Author
    def __init__(self, ranges: _Optional[_Iterable[_Union[Range, _Mapping]]] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class Cutover(_message.Message):
    __slots__ = ("tac", "time")
    TAC_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    tac: str
    time: int
    def __init__(self, tac: _Optional[str] = ..., time: _Optional[int] = ...) -> None: ...

class CutoversRequest(_message.Message):
    __slots__ = ("cutovers", "author")
    CUTOVERS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    cutovers: _containers.RepeatedCompositeFieldContainer[Cutover]
    author: Author
    def __init__(self, cutovers: _Optional[_Iterable[_Union[Cutover, _Mapping]]] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class BuildBlockListRequest(_message.Message):
    __slots__ = ("dry_run", "at", "max_new_share", "author")
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    MAX_NEW_SHARE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    at: int
    max_new_share: float
    author: Author
    def __init__(self, dry_run: _Optional[bool] = ..., at: _Optional[int] = ..., max_new_share: _Optional[float] = ..., author: _Optional[_Union[Author, _Mapping]] = ...) -> None: ...

class DeltaBlockListRequest(_message.Message):
    __slots__ = ("from_seq", "to_seq")
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    TO_SEQ_FIELD_NUMBER: _ClassVar[int]
    from_seq: int
    to_seq: int
    def __init__(self, from_seq: _Optional[int] = ..., to_seq: _Optional[int] = ...) -> None: ...

class BlockListPart(_message.Message):
    __slots__ = ("report", "chunk")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    report: BlockListReport
    chunk: BlockListChunk
    def __init__(self, report: _Optional[_Union[BlockListReport, _Mapping]] = ..., chunk: _Optional[_Union[BlockListChunk, _Mapping]] = ...) -> None: ...

class BlockListChunk(_message.Message):
    __slots__ = ("file_name", "data")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    data: bytes
    def __init__(self, file_name: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class BlockListReport(_message.Message):
    __slots__ = ("seq", "base_seq", "dry_run", "at", "devices_seen", "newly_greylisted", "newly_blacklisted", "no_longer_blacklisted", "blacklisted", "gates", "files", "reasons", "samples", "batch", "not_covered_before_cutover")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    BASE_SEQ_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    DEVICES_SEEN_FIELD_NUMBER: _ClassVar[int]
    NEWLY_GREYLISTED_FIELD_NUMBER: _ClassVar[int]
    NEWLY_BLACKLISTED_FIELD_NUMBER: _ClassVar[int]
    NO_LONGER_BLACKLISTED_FIELD_NUMBER: _ClassVar[int]
    BLACKLISTED_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    NOT_COVERED_BEFORE_CUTOVER_FIELD_NUMBER: _ClassVar[int]
    seq: int
    base_seq: int
    dry_run: bool
    at: int
    devices_seen: int
    newly_greylisted: int
    newly_blacklisted: int
    no_longer_blacklisted: int
    blacklisted: int
    gates: _containers.RepeatedCompositeFieldContainer[GateResult]
    files: _containers.RepeatedCompositeFieldContainer[BlockListFile]
    reasons: _containers.RepeatedCompositeFieldContainer[ReasonCount]
    samples: _containers.RepeatedCompositeFieldContainer[DeviceChange]
    batch: str
    not_covered_before_cutover: int
    def __init__(self, seq: _Optional[int] = ..., base_seq: _Optional[int] = ..., dry_run: _Optional[bool] = ..., at: _Optional[int] = ..., devices_seen: _Optional[int] = ..., newly_greylisted: _Optional[int] = ..., newly_blacklisted: _Optional[int] = ..., no_longer_blacklisted: _Optional[int] = ..., blacklisted: _Optional[int] = ..., gates: _Optional[_Iterable[_Union[GateResult, _Mapping]]] = ..., files: _Optional[_Iterable[_Union[BlockListFile, _Mapping]]] = ..., reasons: _Optional[_Iterable[_Union[ReasonCount, _Mapping]]] = ..., samples: _Optional[_Iterable[_Union[DeviceChange, _Mapping]]] = ..., batch: _Optional[str] = ..., not_covered_before_cutover: _Optional[int] = ...) -> None: ...

class BlockListFile(_message.Message):
    __slots__ = ("name", "rows", "sha256", "bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    sha256: str
    bytes: int
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ..., sha256: _Optional[str] = ..., bytes: _Optional[int] = ...) -> None: ...

class ReasonCount(_message.Message):
    __slots__ = ("reason", "devices")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    reason: _check_pb2.Reason
    devices: int
    def __init__(self, reason: _Optional[_Union[_check_pb2.Reason, str]] = ..., devices: _Optional[int] = ...) -> None: ...

class DeviceChange(_message.Message):
    __slots__ = ("imei", "before", "after", "reason", "deadline")
    IMEI_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    imei: str
    before: _check_pb2.EquipmentStatus
    after: _check_pb2.EquipmentStatus
    reason: _check_pb2.Reason
    deadline: int
    def __init__(self, imei: _Optional[str] = ..., before: _Optional[_Union[_check_pb2.EquipmentStatus, str]] = ..., after: _Optional[_Union[_check_pb2.EquipmentStatus, str]] = ..., reason: _Optional[_Union[_check_pb2.Reason, str]] = ..., deadline: _Optional[int] = ...) -> None: ...

class HistoryRequest(_message.Message):
    __slots__ = ("imei",)
    IMEI_FIELD_NUMBER: _ClassVar[int]
    imei: str
    def __init__(self, imei: _Optional[str] = ...) -> None: ...

class HistoryResponse(_message.Message):
    __slots__ = ("imei", "now", "events", "device", "imsis_paired")
    IMEI_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    IMSIS_PAIRED_FIELD_NUMBER: _ClassVar[int]
    imei: str
    now: _check_pb2.CheckResponse
    events: _containers.RepeatedCompositeFieldContainer[HistoryEvent]
    device: Device
    imsis_paired: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, imei: _Optional[str] = ..., now: _Optional[_Union[_check_pb2.CheckResponse, _Mapping]] = ..., events: _Optional[_Iterable[_Union[HistoryEvent, _Mapping]]] = ..., device: _Optional[_Union[Device, _Mapping]] = ..., imsis_paired: _Optional[_Iterable[str]] = ...) -> None: ...

class HistoryEvent(_message.Message):
    __slots__ = ("seq", "time", "actor", "reason", "source", "line", "batch", "table", "before", "after", "undoes")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    UNDOES_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: int
    actor: str
    reason: str
    source: str
    line: int
    batch: str
    table: str
    before: str
    after: str
    undoes: int
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[int] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., source: _Optional[str] = ..., line: _Optional[int] = ..., batch: _Optional[str] = ..., table: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., undoes: _Optional[int] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("id", "imeis", "serial", "brand", "model", "batch", "line")
    ID_FIELD_NUMBER: _ClassVar[int]
    IMEIS_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    id: int
    imeis: _containers.RepeatedScalarFieldContainer[str]
    serial: str
    brand: str
    model: str
    batch: str
    line: int
    def __init__(self, id: _Optional[int] = ..., imeis: _Optional[_Iterable[str]] = ..., serial: _Optional[str] = ..., brand: _Optional[str] = ..., model: _Optional[str] = ..., batch: _Optional[str] = ..., line: _Optional[int] = ...) -> None: ...

class FeedRequest(_message.Message):
    __slots__ = ("from_seq", "follow")
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    from_seq: int
    follow: bool
    def __init__(self, from_seq: _Optional[int] = ..., follow: _Optional[bool] = ...) -> None: ...

class JournalPart(_message.Message):
    __slots__ = ("header", "block")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    header: JournalHeader
    block: ChangeBlock
    def __init__(self, header: _Optional[_Union[JournalHeader, _Mapping]] = ..., block: _Optional[_Union[ChangeBlock, _Mapping]] = ...) -> None: ...

class JournalHeader(_message.Message):
    __slots__ = ("seq", "time_ms", "digest", "previous_digest", "changes", "blocks", "undoes", "note")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    UNDOES_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time_ms: int
    digest: bytes
    previous_digest: bytes
    changes: int
    blocks: int
    undoes: int
    note: JournalNote
    def __init__(self, seq: _Optional[int] = ..., time_ms: _Optional[int] = ..., digest: _Optional[bytes] = ..., previous_digest: _Optional[bytes] = ..., changes: _Optional[int] = ..., blocks: _Optional[int] = ..., undoes: _Optional[int] = ..., note: _Optional[_Union[JournalNote, _Mapping]] = ...) -> None: ...

class ChangeBlock(_message.Message):
    __slots__ = ("seq", "table", "changes", "part")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    seq: int
    table: str
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    part: int
    def __init__(self, seq: _Optional[int] = ..., table: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., part: _Optional[int] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("key", "old", "new", "line")
    KEY_FIELD_NUMBER: _ClassVar[int]
    OLD_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    old: bytes
    new: bytes
    line: int
    def __init__(self, key: _Optional[bytes] = ..., old: _Optional[bytes] = ..., new: _Optional[bytes] = ..., line: _Optional[int] = ...) -> None: ...

class JournalNote(_message.Message):
    __slots__ = ("kind", "actor", "reason", "source", "batch", "policy_digest")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    POLICY_DIGEST_FIELD_NUMBER: _ClassVar[int]
    kind: str
    actor: str
    reason: str
    source: str
    batch: str
    policy_digest: bytes
    def __init__(self, kind: _Optional[str] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., source: _Optional[str] = ..., batch: _Optional[str] = ..., policy_digest: _Optional[bytes] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StoreStatus(_message.Message):
    __slots__ = ("seq", "layout", "map_bytes", "used_bytes", "limit_bytes", "used_share", "alarm", "tables", "readers", "last_digest", "policy_digest", "path", "last_commit_time")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    MAP_BYTES_FIELD_NUMBER: _ClassVar[int]
    USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    USED_SHARE_FIELD_NUMBER: _ClassVar[int]
    ALARM_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    READERS_FIELD_NUMBER: _ClassVar[int]
    LAST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    POLICY_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    LAST_COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    seq: int
    layout: int
    map_bytes: int
    used_bytes: int
    limit_bytes: int
    used_share: float
    alarm: bool
    tables: _containers.RepeatedCompositeFieldContainer[TableStatus]
    readers: int
    last_digest: bytes
    policy_digest: str
    path: str
    last_commit_time: int
    def __init__(self, seq: _Optional[int] = ..., layout: _Optional[int] = ..., map_bytes: _Optional[int] = ..., used_bytes: _Optional[int] = ..., limit_bytes: _Optional[int] = ..., used_share: _Optional[float] = ..., alarm: _Optional[bool] = ..., tables: _Optional[_Iterable[_Union[TableStatus, _Mapping]]] = ..., readers: _Optional[int] = ..., last_digest: _Optional[bytes] = ..., policy_digest: _Optional[str] = ..., path: _Optional[str] = ..., last_commit_time: _Optional[int] = ...) -> None: ...

class TableStatus(_message.Message):
    __slots__ = ("name", "rows", "bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    bytes: int
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

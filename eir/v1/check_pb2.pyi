from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EquipmentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EQUIPMENT_STATUS_UNSPECIFIED: _ClassVar[EquipmentStatus]
    EQUIPMENT_STATUS_WHITELISTED: _ClassVar[EquipmentStatus]
    EQUIPMENT_STATUS_BLACKLISTED: _ClassVar[EquipmentStatus]
    EQUIPMENT_STATUS_GREYLISTED: _ClassVar[EquipmentStatus]
    EQUIPMENT_STATUS_UNKNOWN: _ClassVar[EquipmentStatus]

class Rule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RULE_UNSPECIFIED: _ClassVar[Rule]
    RULE_OVERRIDE: _ClassVar[Rule]
    RULE_MALFORMED: _ClassVar[Rule]
    RULE_TEST: _ClassVar[Rule]
    RULE_EXEMPT_IMSI: _ClassVar[Rule]
    RULE_BARRED: _ClassVar[Rule]
    RULE_PAIR: _ClassVar[Rule]
    RULE_IMSI_LOCK: _ClassVar[Rule]
    RULE_DEVICE: _ClassVar[Rule]
    RULE_RANGE: _ClassVar[Rule]
    RULE_CUTOVER: _ClassVar[Rule]
    RULE_UNKNOWN: _ClassVar[Rule]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_OVERRIDE: _ClassVar[Reason]
    REASON_MALFORMED_IMEI: _ClassVar[Reason]
    REASON_PLACEHOLDER_IMEI: _ClassVar[Reason]
    REASON_TEST_IMEI: _ClassVar[Reason]
    REASON_ROAMER: _ClassVar[Reason]
    REASON_EXEMPT_IMSI: _ClassVar[Reason]
    REASON_PAIR: _ClassVar[Reason]
    REASON_IMSI_LOCK: _ClassVar[Reason]
    REASON_CUTOVER: _ClassVar[Reason]
    REASON_NOT_LISTED: _ClassVar[Reason]
    REASON_REGISTERED: _ClassVar[Reason]
    REASON_LEGACY: _ClassVar[Reason]
    REASON_EXEMPT: _ClassVar[Reason]
    REASON_TRAVELLER: _ClassVar[Reason]
    REASON_NOT_ACTIVATED: _ClassVar[Reason]
    REASON_NOT_RELEASED: _ClassVar[Reason]
    REASON_UNREGISTERED: _ClassVar[Reason]
    REASON_DUPLICATE: _ClassVar[Reason]
    REASON_STOLEN: _ClassVar[Reason]
    REASON_LOST: _ClassVar[Reason]
    REASON_BARRED: _ClassVar[Reason]
    REASON_TAC_NOT_ALLOCATED: _ClassVar[Reason]
    REASON_TYPE_NOT_APPROVED: _ClassVar[Reason]
EQUIPMENT_STATUS_UNSPECIFIED: EquipmentStatus
EQUIPMENT_STATUS_WHITELISTED: EquipmentStatus
EQUIPMENT_STATUS_BLACKLISTED: EquipmentStatus
EQUIPMENT_STATUS_GREYLISTED: EquipmentStatus
EQUIPMENT_STATUS_UNKNOWN: EquipmentStatus
RULE_UNSPECIFIED: Rule
RULE_OVERRIDE: Rule
RULE_MALFORMED: Rule
RULE_TEST: Rule
RULE_EXEMPT_IMSI: Rule
RULE_BARRED: Rule
RULE_PAIR: Rule
RULE_IMSI_LOCK: Rule
RULE_DEVICE: Rule
RULE_RANGE: Rule
RULE_CUTOVER: Rule
RULE_UNKNOWN: Rule
REASON_UNSPECIFIED: Reason
REASON_OVERRIDE: Reason
REASON_MALFORMED_IMEI: Reason
REASON_PLACEHOLDER_IMEI: Reason
REASON_TEST_IMEI: Reason
REASON_ROAMER: Reason
REASON_EXEMPT_IMSI: Reason
REASON_PAIR: Reason
REASON_IMSI_LOCK: Reason
REASON_CUTOVER: Reason
REASON_NOT_LISTED: Reason
REASON_REGISTERED: Reason
REASON_LEGACY: Reason
REASON_EXEMPT: Reason
REASON_TRAVELLER: Reason
REASON_NOT_ACTIVATED: Reason
REASON_NOT_RELEASED: Reason
REASON_UNREGISTERED: Reason
REASON_DUPLICATE: Reason
REASON_STOLEN: Reason
REASON_LOST: Reason
REASON_BARRED: Reason
REASON_TAC_NOT_ALLOCATED: Reason
REASON_TYPE_NOT_APPROVED: Reason

class CheckRequest(_message.Message):
    __slots__ = ("imei", "imsi", "software_version")
    IMEI_FIELD_NUMBER: _ClassVar[int]
    IMSI_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    imei: str
    imsi: str
    software_version: str
    def __init__(self, imei: _Optional[str] = ..., imsi: _Optional[str] = ..., software_version: _Optional[str] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("status", "rule", "reason", "deadline", "as_of")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    status: EquipmentStatus
    rule: Rule
    reason: Reason
    deadline: int
    as_of: int
    def __init__(self, status: _Optional[_Union[EquipmentStatus, str]] = ..., rule: _Optional[_Union[Rule, str]] = ..., reason: _Optional[_Union[Reason, str]] = ..., deadline: _Optional[int] = ..., as_of: _Optional[int] = ...) -> None: ...

class CheckBatchRequest(_message.Message):
    __slots__ = ("imei", "imsi")
    IMEI_FIELD_NUMBER: _ClassVar[int]
    IMSI_FIELD_NUMBER: _ClassVar[int]
    imei: _containers.RepeatedScalarFieldContainer[int]
    imsi: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, imei: _Optional[_Iterable[int]] = ..., imsi: _Optional[_Iterable[int]] = ...) -> None: ...

class CheckBatchResponse(_message.Message):
    __slots__ = ("status", "rule", "reason", "as_of")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    status: bytes
    rule: bytes
    reason: _containers.RepeatedScalarFieldContainer[int]
    as_of: int
    def __init__(self, status: _Optional[bytes] = ..., rule: _Optional[bytes] = ..., reason: _Optional[_Iterable[int]] = ..., as_of: _Optional[int] = ...) -> None: ...

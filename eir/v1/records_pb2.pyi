from eir.v1 import registry_pb2 as _registry_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Type(_message.Message):
    __slots__ = ("manufacturer", "brand", "model", "device_type", "bands", "radio", "goods_id", "allocated", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    MANUFACTURER_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DEVICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    BANDS_FIELD_NUMBER: _ClassVar[int]
    RADIO_FIELD_NUMBER: _ClassVar[int]
    GOODS_ID_FIELD_NUMBER: _ClassVar[int]
    ALLOCATED_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    manufacturer: str
    brand: str
    model: str
    device_type: str
    bands: str
    radio: str
    goods_id: str
    allocated: str
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, manufacturer: _Optional[str] = ..., brand: _Optional[str] = ..., model: _Optional[str] = ..., device_type: _Optional[str] = ..., bands: _Optional[str] = ..., radio: _Optional[str] = ..., goods_id: _Optional[str] = ..., allocated: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class DeviceBlock(_message.Message):
    __slots__ = ("first", "batch", "slots", "imeis", "lines", "serials", "names", "brands", "models")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    IMEIS_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    SERIALS_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    first: int
    batch: str
    slots: _containers.RepeatedScalarFieldContainer[int]
    imeis: _containers.RepeatedScalarFieldContainer[int]
    lines: _containers.RepeatedScalarFieldContainer[int]
    serials: _containers.RepeatedScalarFieldContainer[str]
    names: _containers.RepeatedScalarFieldContainer[str]
    brands: _containers.RepeatedScalarFieldContainer[int]
    models: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, first: _Optional[int] = ..., batch: _Optional[str] = ..., slots: _Optional[_Iterable[int]] = ..., imeis: _Optional[_Iterable[int]] = ..., lines: _Optional[_Iterable[int]] = ..., serials: _Optional[_Iterable[str]] = ..., names: _Optional[_Iterable[str]] = ..., brands: _Optional[_Iterable[int]] = ..., models: _Optional[_Iterable[int]] = ...) -> None: ...

class Declaration(_message.Message):
    __slots__ = ("facts", "batches", "devices", "imeis")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    IMEIS_FIELD_NUMBER: _ClassVar[int]
    facts: _registry_pb2.DeclarationFacts
    batches: _containers.RepeatedScalarFieldContainer[str]
    devices: int
    imeis: int
    def __init__(self, facts: _Optional[_Union[_registry_pb2.DeclarationFacts, _Mapping]] = ..., batches: _Optional[_Iterable[str]] = ..., devices: _Optional[int] = ..., imeis: _Optional[int] = ...) -> None: ...

"""What an operator or a state may configure: read from TOML, validated on load, then plain values.

The file that ships, `policy_default.toml`, is the reference: every setting, its default and its ground. A registry's own
file names only what differs. Nothing outside this module reads a policy file.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from eir.errors import CallerError
from eir.identity import ClassRow, ClassTable, ImeiClass
from eir.lists import RESPONSE_TYPES, Answers, Lists, Status

FILE_NAME = "policy.toml"

StatusName = Literal["white", "grey", "black", "unknown"]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0, le=3650)]
Digits = Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]

_COMBINATIONS = ("", "w", "g", "wg", "b", "wb", "gb", "wgb")  # in the order of the mask's value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImeiClassRow(_Section):
    """One prefix of IMEIs that are no production allocation."""

    prefix: Annotated[str, Field(pattern=r"^[0-9]{1,14}$")]
    kind: Literal["test", "all_zero", "placeholder"] = Field(alias="class")
    source: str = ""


class Home(_Section):
    """Which subscribers are inside the scheme, and which operator has them."""

    mcc: tuple[Annotated[str, Field(pattern=r"^[0-9]{3}$")], ...]
    roamers_exempt: bool
    exempt_imsi: tuple[Digits, ...]
    networks: dict[Annotated[str, Field(pattern=r"^[0-9]{5,6}$")], Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]]


class Dates(_Section):
    """Where civil days begin."""

    zone: str

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        ZoneInfo(zone)  # raises a ValueError, or a KeyError that names it
        return zone


class Manifest(_Section):
    """Import manifests."""

    released: Literal["white", "grey"]
    activation_days: Days
    declaration_number: str
    wrong_check_digit: Literal["reject", "warn"]
    damaged_share: Share

    @field_validator("declaration_number")
    @classmethod
    def _compiles(cls, form: str) -> str:
        try:
            re.compile(form)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return form


class OperatorDump(_Section):
    """Dumps of operators."""

    empty_imei_share: Share
    malformed_imei_share: Share
    roamer_share: Share
    gate_from_rows: Annotated[int, Field(ge=0)]


class BlockList(_Section):
    """Grace, and how much one run may do."""

    grace_days: Days
    lookback_days: Days
    max_new_share: Share
    max_new_floor: Annotated[int, Field(ge=0)]


class Policy(_Section):
    """All settings. Make one with `Policy.default()` or `Policy.load()`."""

    override: Literal["off", "white", "grey", "black", "unknown"]
    response_type: Literal[1, 2, 3, "custom"]
    malformed: StatusName
    test: StatusName
    paired_only_without_imsi: StatusName
    custom_response: dict[str, StatusName]
    imei_class: tuple[ImeiClassRow, ...]
    home: Home
    dates: Dates
    manifest: Manifest
    operator_dump: OperatorDump
    block_list: BlockList

    @model_validator(mode="after")
    def _custom_response_is_whole(self) -> Self:
        if set(self.custom_response) != set(_COMBINATIONS):
            raise ValueError(f"custom_response needs exactly the combinations {', '.join(map(repr, _COMBINATIONS))}")
        return self

    @classmethod
    def default(cls) -> Policy:
        """What ships."""
        return cls.model_validate(tomllib.loads(default_text()))

    @classmethod
    def load(cls, path: Path) -> Policy:
        """The defaults with what the file says instead. Raises CallerError naming the setting."""
        try:
            own = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls.model_validate(_merge(tomllib.loads(default_text()), own))
        except FileNotFoundError as error:
            raise CallerError(f"there is no policy file {path}") from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CallerError(f"policy {path}: {error}") from error
        except KeyError as error:
            raise CallerError(f"policy {path}: dates.zone: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise CallerError(f"policy {path}: {where or 'policy'}: {first['msg']}") from error

    @classmethod
    def beside(cls, store: Path) -> Policy:
        """The policy file beside a store, or the default where there is none."""
        path = store / FILE_NAME
        return cls.load(path) if path.exists() else cls.default()

    def digest(self) -> bytes:
        """SHA-256 of the settings, for the journal: which policy a commit was made under."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).digest()

    # ---- what the rest of the program works with

    def answers(self) -> Answers:
        """For the decision table."""
        if self.response_type == "custom":
            response = tuple(Status[self.custom_response[combination].upper()] for combination in _COMBINATIONS)
        else:
            response = RESPONSE_TYPES[self.response_type]
        return Answers(
            response=response,
            override=None if self.override == "off" else Status[self.override.upper()],
            malformed=Status[self.malformed.upper()],
            test=Status[self.test.upper()],
            paired_only_without_imsi=Status[self.paired_only_without_imsi.upper()],
        )

    def imei_classes(self) -> ClassTable:
        """For `identity.classify`."""
        return ClassTable(tuple(ClassRow(row.prefix, ImeiClass[row.kind.upper()], row.source) for row in self.imei_class))

    def released_list(self) -> Lists:
        """The list of a device whose manifest was accepted."""
        return Lists[self.manifest.released.upper()]

    def zone(self) -> ZoneInfo:
        """The home time zone."""
        return ZoneInfo(self.dates.zone)


def default_text() -> str:
    """The policy file that ships, with its comments."""
    return files("eir").joinpath("policy_default.toml").read_text(encoding="utf-8")


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        # Network tables are replaced as a whole: another country's codes are not additions to these.
        nested = isinstance(value, dict) and isinstance(below, dict) and key != "networks"
        merged[key] = _merge(below, value) if nested else value  # type: ignore[arg-type]  # nested says it is a dict
    return merged

"""What a result is, and what is to be reached: GOALS is the only place for goals.

A ratio is always value / limit, and the limit is measured in the same run (or stated, where it is a promise). Where more is
better a goal is the least ratio that is good enough; where less is better it is the most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Goal:
    """`ratio` None: published as it is. `value`: a second condition, in the unit of the row."""

    better: Better
    ratio: float | None = None
    value: float | None = None

    def met(self, value: float, ratio: float | None) -> bool | None:
        """None where there is nothing to meet."""
        conditions = [(ratio, self.ratio), (value, self.value)]
        asked = [(found, wanted) for found, wanted in conditions if wanted is not None]
        if not asked:
            return None
        return all(found is not None and self._good(found, wanted) for found, wanted in asked)

    def _good(self, found: float, wanted: float) -> bool:
        return found >= wanted if self.better == "higher" else found <= wanted


HIGHER, LOWER = Goal("higher"), Goal("lower")

GOALS: Mapping[str, Goal] = {
    "engine_check": Goal("higher", ratio=0.55),
    "engine_check_imsi": HIGHER,
    "engine_check_unknown": HIGHER,
    "check_batch_256": Goal("higher", ratio=0.75),
    "grpc_check_cpu": LOWER,  # its goal is beside a C++ server, and belongs to the native transport
    "grpc_check_rate": HIGHER,
    "grpc_check_p99_full": LOWER,
    "grpc_check_p99_half": Goal("lower", value=2.0),
    "manifest_load": Goal("higher", ratio=0.5, value=300_000),
    "manifest_load_all_cores": HIGHER,
    "tac_load": HIGHER,
    "operator_dump_load": HIGHER,
    "blocklist": Goal("higher", ratio=1.0),
    "bytes_per_imei": Goal("lower", ratio=30 / 18),
    "bytes_per_imei_loaded": LOWER,
    "bytes_per_imei_journal": LOWER,
    "bytes_per_imei_device": LOWER,
    "bytes_per_imei_rest": LOWER,
    "redis_get_256": HIGHER,
    "postgresql_select": HIGHER,
    "postgresql_select_256": HIGHER,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One result. `limit_name` says what was measured beside it; `extra` what else was seen."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Value / limit."""
        return self.value / self.limit if self.limit else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return GOALS[self.name].met(self.value, self.ratio)

    def to_json(self) -> dict[str, Any]:
        """As results are kept."""
        goal = GOALS[self.name]
        return {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "limit": _short(self.limit),
            "ratio": _short(self.ratio),
            "goal": _short(goal.ratio),
            "met": self.met,
            "limit_name": self.limit_name,
            "better": goal.better,
            **({"goal_value": goal.value} if goal.value is not None else {}),
            **{name: _short(value) for name, value in self.extra.items()},
        }


class Skipped(Exception):
    """A measurement cannot be made here, and why."""


def _short(value: Any) -> Any:
    """Five digits: more would be noise."""
    return float(f"{value:.5g}") if isinstance(value, float) else value

"""The kinds of file that can be loaded: for each its loader, and its word on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eir.v1 import registry_pb2 as pb
from loaders.load import Loader
from loaders.manifest import Manifest
from loaders.operator_dump import OperatorDump
from loaders.pairs import Pairs
from loaders.stolen import Stolen
from loaders.tac import TacCatalogue

# Each loader has its own kind of Parsed, which only it looks into.
_ALL: Mapping[str, Loader[Any]] = {
    "manifest": Manifest(),
    "operator-dump": OperatorDump(),
    "tac": TacCatalogue(),
    "stolen": Stolen(),
    "pairs": Pairs(),
}
LOADERS: Mapping[pb.LoadKind, Loader[Any]] = {loader.kind: loader for loader in _ALL.values()}
WORDS: Mapping[str, pb.LoadKind] = {word: loader.kind for word, loader in _ALL.items()}

"""A file that comes up in chunks, into a temporary file of bounded size that is gone when it has been loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from google.protobuf.message import DecodeError

from eir.errors import InvalidField
from eir.serve.grpc_server import Context
from eir.v1 import registry_pb2 as pb

MAX_FILE = 4 << 30  # bytes; the largest national dumps known are below 2 GiB
_NOT_LOADED = (pb.LOAD_KIND_UNSPECIFIED, pb.LOAD_KIND_BLOCK_LIST)
_LONGEST_NAME = 255
# A client that dies ends the stream just as one that is done; grpcio tells the two apart a moment later. The size that was
# announced tells at once, so this is for clients that announce none.
_SETTLE_S = 0.25


async def receive(messages: AsyncIterator[bytes], context: Context, file: Path, limit: int = MAX_FILE) -> pb.LoadOptions:
    """The options, once the whole file has been written. Raises InvalidField; CancelledError when the client has gone."""
    options: pb.LoadOptions | None = None
    size = 0
    with file.open("wb") as out:
        async for data in messages:
            message = _decode(data)
            if options is None:
                options = _options(message)
                continue
            if message.WhichOneof("part") != "chunk":
                raise InvalidField("chunk", "after the options come only chunks of the file")
            size += len(message.chunk)
            if size > limit:
                raise InvalidField("chunk", f"the file is larger than {limit} bytes; send it in parts")
            await asyncio.to_thread(out.write, message.chunk)
    if options is None:
        raise InvalidField("options", "the first message must carry them")
    if options.size and size != options.size:
        raise InvalidField("options.size", f"{options.size} bytes were announced, and {size} came; send the file again")
    if not options.size:
        await asyncio.sleep(_SETTLE_S)
    if context.cancelled():
        raise asyncio.CancelledError
    return options


def _decode(data: bytes) -> pb.LoadRequest:
    try:
        return pb.LoadRequest.FromString(data)
    except DecodeError as error:
        raise InvalidField("request", "the bytes are not this message") from error


def _options(message: pb.LoadRequest) -> pb.LoadOptions:
    if message.WhichOneof("part") != "options":
        raise InvalidField("options", "the first message must carry them")
    options = message.options
    if options.kind not in pb.LoadKind.values() or options.kind in _NOT_LOADED:
        raise InvalidField("options.kind", "expected a kind of file that can be loaded")
    name = options.file_name
    if len(name.encode()) > _LONGEST_NAME or "/" in name or not name.replace("\u200c", "").isprintable():
        raise InvalidField("options.file_name", f"expected a name without a path, of at most {_LONGEST_NAME} bytes")
    return options

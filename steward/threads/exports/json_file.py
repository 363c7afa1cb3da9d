"""A conversation as JSON: everything that the export holds, for programs."""

from __future__ import annotations

from typing import Final

import msgspec

from steward.threads.exports.exported import Exported

_FORM: Final = "steward.conversation"
_VERSION: Final = 1


class _Document(msgspec.Struct, frozen=True):
    """The file's members; `version` grows when one of them changes its meaning."""

    format: str
    version: int
    conversation: Exported


def write(exported: Exported) -> bytes:
    """Write it, indented, in UTF-8."""
    document = _Document(_FORM, _VERSION, exported)
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def read(body: bytes) -> Exported:
    """Read back what `write` wrote."""
    return msgspec.json.decode(body, type=_Document).conversation

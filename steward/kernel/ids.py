"""Identifiers: text, prefixed, sortable by time of birth."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import uuid_utils

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Make an id such as `thread_01jd3k…`.

    Returns: the prefix, an underscore and 26 characters: a UUIDv7 in Crockford base32, so ids sort by time. A prefix
    that ends in a dash, as OpenAI writes those of files, is kept as it is.
    """
    return _written(prefix, uuid_utils.uuid7().int)


def id_of(prefix: str, *names: str) -> str:
    """The id that belongs to these names, always the same: for what must be made once, however often it is tried."""
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return _written(prefix, int.from_bytes(digest[:16]))


def new_secret(prefix: str) -> str:
    """Make a secret that nobody can guess: the prefix and 256 random bits in URL-safe letters."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def _written(prefix: str, number: int) -> str:
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}{'' if prefix.endswith('-') else '_'}{''.join(letters)}"

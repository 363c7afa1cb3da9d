"""Credentials of MCP servers: sealed like provider keys, opened only for the moment of a connection."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from pydantic import SecretStr

from steward.kernel.settings import Settings
from steward.providers import sealing


def seal(settings: Settings, workspace_id: str, secrets: Mapping[str, SecretStr]) -> str | None:
    """Headers or variables as they are kept; None when there are none.

    Raises:
        SecretKeyMissing: the server has no secret to seal with.
    """
    if not secrets:
        return None
    plain = {name: secret.get_secret_value() for name, secret in secrets.items()}
    return sealing.seal(settings, workspace_id, msgspec.json.encode(plain).decode())


def unseal(settings: Settings, workspace_id: str, sealed: str | None) -> dict[str, str]:
    """Headers or variables in the clear.

    Raises:
        SecretKeyMissing, SecretKeyWrong: the server has not the secret that they were sealed with.
    """
    if sealed is None:
        return {}
    return msgspec.json.decode(sealing.unseal(settings, workspace_id, sealed), type=dict[str, str])

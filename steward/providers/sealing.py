"""Sealing: provider keys are kept encrypted, with secrets from the environment and nothing of the database."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from steward.kernel.settings import Settings
from steward.providers.errors import SecretKeyMissing, SecretKeyWrong


def seal(settings: Settings, workspace_id: str, secret: str) -> str:
    """Encrypt a workspace's secret.

    Raises:
        SecretKeyMissing: the server has no secret to seal with.
    """
    return _box(settings, workspace_id).encrypt(secret.encode()).decode()


def unseal(settings: Settings, workspace_id: str, sealed: str) -> str:
    """Decrypt a workspace's secret.

    Raises:
        SecretKeyMissing, SecretKeyWrong: the server has not the secret that it was sealed with.
    """
    try:
        return _box(settings, workspace_id).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SecretKeyWrong(
            "The workspace's provider key was sealed with another STEWARD_SECRET_KEY. Store the key again, or give "
            "the server the old secret behind the new one."
        ) from error


def _box(settings: Settings, workspace_id: str) -> MultiFernet:
    if settings.secret_key is None:
        raise SecretKeyMissing(
            "The server has no STEWARD_SECRET_KEY, so it keeps no provider keys of workspaces. Ask its operator to set "
            "one of 32 characters or more."
        )
    secrets = [secret.strip() for secret in settings.secret_key.get_secret_value().split(",")]
    return MultiFernet([Fernet(_derived(secret, workspace_id)) for secret in secrets])


def _derived(secret: str, workspace_id: str) -> bytes:
    # A key of its own for each workspace: a sealed key that is copied to another workspace opens nothing there.
    digest = hmac.new(secret.encode(), f"steward provider keys {workspace_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest())

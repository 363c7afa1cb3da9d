"""Settings of a test's own variables alone, whatever the environment of the tests holds."""

from __future__ import annotations

from typing import Any

from steward.kernel.settings import Settings


def own_settings(given: dict[str, Any] | None = None, /, **variables: str) -> Settings:
    """Settings with these fields and these variables of providers."""
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it, its signature does not say
        variables=variables,
        **(given or {}),
    )

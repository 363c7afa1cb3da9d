"""The pages that show what a model wrote: what browsers are told about them, and about the page around them."""

from __future__ import annotations

import base64
import hashlib
import re

import httpx
import pytest

from steward.doors.artifacts import RUNNING_PATH, STILL_PATH

_PATHS = (STILL_PATH, RUNNING_PATH)


def policy(answer: httpx.Response) -> dict[str, str]:
    """The content policy of an answer, by directive."""
    rules = [rule.strip().partition(" ") for rule in answer.headers["content-security-policy"].split(";")]
    return {name: sources for name, _, sources in rules}


@pytest.mark.req("UI-22")
@pytest.mark.parametrize("path", _PATHS)
async def test_a_preview_has_no_origin_and_no_network(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert len(answer.headers.get_list("content-security-policy")) == 1
    rules = policy(answer)
    assert rules["sandbox"] == "allow-scripts"
    assert (
        rules["default-src"] == rules["connect-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    )
    assert rules["frame-ancestors"] == "'self'"
    assert rules["img-src"] == "data: blob:"
    assert not re.search(r"https?:|\*|unsafe-eval", answer.headers["content-security-policy"])
    assert answer.headers["connection-allowlist"] == "()"
    assert answer.headers["x-dns-prefetch-control"] == "off"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "x-frame-options" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.req("UI-22")
async def test_a_preview_that_stands_still_runs_the_script_of_its_page_alone(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(STILL_PATH)
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy(answer)["script-src"] == f"'sha256-{digest}'"


@pytest.mark.parametrize("path", _PATHS)
async def test_a_preview_is_the_same_for_everybody(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"authorization": "Bearer of-nobody"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert (await client.post(path, json={})).status_code == 405


@pytest.mark.parametrize("address", ["/", f"{STILL_PATH}/more", "/artifact"])
async def test_the_app_frames_its_own_pages_alone(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(address)
    assert policy(answer)["frame-src"] == "'self'"
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"

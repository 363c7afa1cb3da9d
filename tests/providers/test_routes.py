from __future__ import annotations

import httpx
import pytest

from tests.conftest import Person


@pytest.mark.req("PROV-15")
async def test_lists_the_models_and_never_a_key(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.get("/api/v1/models", headers=ada.headers)
    assert answer.status_code == 200
    page = answer.json()
    assert page["configured"] is True
    found = next(item for item in page["items"] if item["id"] == "openai/gpt-4o")
    assert found == {
        "id": "openai/gpt-4o",
        "provider": "openai",
        "name": "gpt-4o",
        "default": False,
        "tiers": ["balanced"],
        "abilities": ["files", "images", "json_schema", "tools"],
        "context_tokens": 128_000,
        "input_usd_per_million": "2.5",
        "output_usd_per_million": "10",
    }
    assert [item["id"] for item in page["items"] if item["default"]] == ["openai/gpt-4o-mini"]
    assert "sk-" not in answer.text
    assert (await client.get("/api/v1/models")).status_code == 401

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
        "allowed": True,
        "tiers": ["balanced"],
        "abilities": ["files", "images", "json_schema", "tools"],
        "context_tokens": 128_000,
        "input_usd_per_million": "2.5",
        "output_usd_per_million": "10",
    }
    assert [item["id"] for item in page["items"] if item["default"]] == ["openai/gpt-4o-mini"]
    assert "sk-" not in answer.text
    assert (await client.get("/api/v1/models")).status_code == 401


async def test_what_the_workspace_does_not_allow_is_listed_for_whoever_settles_it(
    client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    async def listed(person: Person, query: str = "") -> dict[str, tuple[bool, bool]]:
        answer = await client.get(f"/api/v1/models{query}", headers=person.headers)
        assert answer.status_code == 200
        return {item["id"]: (item["allowed"], item["default"]) for item in answer.json()["items"]}

    everything = await listed(ada)
    chosen = {"allowed_models": ["openai/gpt-4o"], "default_model": "openai/gpt-4o-mini"}
    change = await client.patch("/api/v1/model-settings", json=chosen, headers=ada.headers)
    assert change.status_code == 200
    # The default is not allowed: nobody gets it unasked, and there is still a list to choose from.
    assert await listed(ada) == {"openai/gpt-4o": (True, False)}
    every = await listed(ada, "?every=true")
    assert every.keys() == everything.keys()
    assert [name for name, (allowed, _) in every.items() if allowed] == ["openai/gpt-4o"]
    assert await listed(eve) == everything

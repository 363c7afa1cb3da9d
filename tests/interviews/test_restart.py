"""An interview goes on where it was when the server comes back."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.interviews import held
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import server_process


@pytest.mark.req("TOOL-27")
@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_an_interview_survives_a_kill(tmp_path: Path, provider: ScriptedProvider) -> None:
    async with server_process(tmp_path / "data", provider.base_url) as server:
        headers = {"authorization": f"Bearer {await server.key()}"}
        async with httpx.AsyncClient(
            base_url=f"{server.base_url}/api/v1", headers=headers, timeout=20
        ) as http:
            started = (await http.post("/interviews", json={"definition": "hybrid_offer"})).json()
            for at, (key, value) in enumerate(held.OFFER.items()):
                if at == len(held.OFFER) // 2:
                    await server.kill()
                    await server.start()
                    again = (await http.post("/interviews", json={"definition": "hybrid_offer"})).json()
                    assert again["id"] == started["id"]
                    assert again["next_question"]["key"] == key
                given = await http.put(f"/interviews/{started['id']}/answers/{key}", json={"answer": value})
                assert given.status_code == 200, given.text
            done = (await http.post(f"/interviews/{started['id']}/complete")).json()
    assert done["answers"] == held.OFFER
    assert done["document"]["title"] == "Practice in Ninety Days"

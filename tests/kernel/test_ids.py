from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

from steward.kernel.ids import new_id, new_secret


def test_an_id_has_its_form() -> None:
    assert re.fullmatch(r"thread_[0-9a-hjkmnp-tv-z]{26}", new_id("thread"))


def test_ids_sort_by_birth() -> None:
    ids: list[str] = []
    for _ in range(20):
        ids.append(new_id("x"))
        time.sleep(0.002)
    assert ids == sorted(ids)


def test_ids_are_unique_also_from_many_threads() -> None:
    def make(count: int) -> list[str]:
        return [new_id("x") for _ in range(count)]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, [2000] * 10))
    assert len({one for batch in made for one in batch}) == 20_000


def test_a_secret_cannot_be_guessed() -> None:
    secrets = {new_secret("sk-st-") for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(re.fullmatch(r"sk-st-[A-Za-z0-9_-]{43}", secret) for secret in secrets)

"""Passages as tests make them."""

from __future__ import annotations

from steward.providers.wire import Passage


def passage(
    number: int,
    text: str,
    title: str = "",
    *,
    headings: tuple[str, ...] = (),
    page: int | None = None,
    score: float = 0.5,
) -> Passage:
    return Passage(
        number=number,
        text=text,
        title=title,
        score=score,
        document_id=f"doc-{number}",
        collection_id="vs_1",
        file_id=None,
        revision=1,
        ordinal=0,
        start=0,
        end=len(text),
        page=page,
        headings=headings,
        url=f"/knowledge/doc-{number}",
    )

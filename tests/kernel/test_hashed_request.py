from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope

from steward.kernel.hashed_request import HashedRequest


def scope_of(content_type: bytes, query: bytes = b"") -> Scope:
    return {"type": "http", "headers": [(b"content-type", content_type)], "query_string": query}


def coming(pieces: list[bytes]) -> Receive:
    """A body in these pieces; then the client is gone."""
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": at < len(pieces)}
        for at, piece in enumerate(pieces, 1)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


def cut(body: bytes, at: list[int]) -> list[bytes]:
    places = sorted({min(place, len(body)) for place in at} | {0, len(body)})
    return [body[start:end] for start, end in zip(places, [*places[1:], len(body)], strict=True)] or [b""]


async def hash_of(body: bytes, boundary: bytes, at: list[int] | None = None, query: bytes = b"") -> str:
    scope = scope_of(b"multipart/form-data; boundary=" + boundary, query)
    return await HashedRequest(scope, coming(cut(body, at or []))).hash()


async def never() -> None:
    raise AssertionError("too early")


_BOUNDARIES = st.sampled_from([b"a", b"aab", b"----x", b"0123456789abcdef" * 4])
_PARTS = st.lists(st.text("xyz\r\n-", max_size=30).map(str.encode), min_size=1, max_size=5)


@given(parts=_PARTS, one=_BOUNDARIES, other=_BOUNDARIES, at=st.lists(st.integers(0, 400), max_size=8))
async def test_a_form_has_one_hash_under_every_boundary_and_cut(
    parts: list[bytes], one: bytes, other: bytes, at: list[int]
) -> None:
    parts = [part.replace(b"x", b"z") for part in parts] if b"x" in one + other else parts
    first, again = ((b"--" + boundary).join([b"", *parts, b""]) for boundary in (one, other))
    assert await hash_of(first, one) == await hash_of(again, other, at)


@given(
    parts=st.lists(st.binary(max_size=20).map(bytes.hex).map(str.encode), min_size=1, max_size=4),
    others=st.lists(st.binary(max_size=20).map(bytes.hex).map(str.encode), min_size=1, max_size=4),
)
async def test_other_parts_have_another_hash(parts: list[bytes], others: list[bytes]) -> None:
    one, other = [await hash_of(b"--Q".join(given), b"Q") for given in (parts, others)]
    assert (one == other) == (parts == others)


async def test_the_query_counts() -> None:
    assert await hash_of(b"x", b"Q", query=b"a") != await hash_of(b"x", b"Q", query=b"b")


async def test_a_body_in_memory_can_be_read_after_its_hash() -> None:
    request = HashedRequest(scope_of(b"application/json"), coming([b'{"a":1}']))
    assert not request.is_upload
    hashed = await request.hash()
    receive = request.passing(never, 0)
    assert (await receive())["body"] == b'{"a":1}'
    assert (await receive())["type"] == "http.disconnect"
    assert await request.hash() == hashed


async def test_a_client_that_left_is_told_to_the_application() -> None:
    request = HashedRequest(scope_of(b"application/json"), coming([]))
    await request.hash()
    assert not request.is_whole
    assert (await request.passing(never, 0)())["type"] == "http.disconnect"


async def test_an_upload_is_hashed_while_it_passes() -> None:
    scope = scope_of(b'multipart/form-data; boundary="Q"')
    pieces = [b"--Q", b"one", b"--Q--"]
    passing, renewed = HashedRequest(scope, coming(pieces)), 0

    async def renew() -> None:
        nonlocal renewed
        renewed += 1

    receive = passing.passing(renew, 0)
    read = [(await receive())["body"] for _ in pieces]
    assert (read, renewed, passing.is_whole) == (pieces, 3, True)
    assert await passing.hash() == await HashedRequest(scope, coming(pieces)).hash()

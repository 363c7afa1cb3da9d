"""Requests to Pinecone: time limits, further tries, and what its refusals mean to us."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import aiohttp
import msgspec

from steward.kernel.errors import Refusal, Unavailable

T = TypeVar("T")

_API_VERSION: Final = "2026-04"
_ANSWER_BYTES: Final = 4_000_000
_TOLD_CHARS: Final = 200
_SLOW: Final = "Pinecone takes too long to answer."
_KEPT_AWAY: Final = frozenset({401, 402, 403})
"""The key, the bill or the plan: an operator can mend it, and then the same request is good."""


class VectorStoreRefused(Refusal):
    """The store beside the database does not take these vectors, and never will."""

    tag = "vector_store_refused"
    status = 502
    title = "The vector store refused"
    remedy = "Check that the index of the vector store has as many dimensions as the embedding model, then try again."


class NamespaceMissing(VectorStoreRefused):
    """There is no such namespace: nothing was ever put there."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long Pinecone is waited for.

    Attributes:
        query_seconds: for one search with all its tries; then the database has to answer in what time is left.
        remove_seconds: for one removal with all its tries: somebody waits for what is deleted.
        rest_seconds: without a search after one that failed, so that not every search waits in vain; the same for
            removals.
        request_seconds: for one try of anything.
        tries: of one request, the first one included.
        retry_seconds: before the second try; twice as long before each next one.
        longest_wait_seconds: that Pinecone may ask for before a further try.
    """

    query_seconds: float = 1.0
    remove_seconds: float = 15.0
    rest_seconds: float = 15.0
    request_seconds: float = 30.0
    tries: int = 5
    retry_seconds: float = 0.5
    longest_wait_seconds: float = 10.0


class _Passing(Exception):
    """It did not work this time."""

    def __init__(self, told: str, wait_seconds: float | None = None) -> None:
        super().__init__(told)
        self.told = told
        self.wait_seconds = wait_seconds


class _Told(msgspec.Struct):
    message: str


_told: Final = msgspec.json.Decoder(_Told)


class PineconeClient:
    """Asks one index of Pinecone."""

    def __init__(self, http: aiohttp.ClientSession, host: str, key: str, patience: Patience) -> None:
        self._http = http
        self._base_url = (host if "://" in host else f"https://{host}").rstrip("/")
        self._headers = {
            "Api-Key": key.strip(),
            "X-Pinecone-API-Version": _API_VERSION,
            "accept": "application/json",
            "content-type": "application/json",
        }
        self._patience = patience

    async def send(
        self,
        kind: msgspec.json.Decoder[T],
        method: str,
        path: str,
        body: bytes | None = None,
        query: dict[str, str] | None = None,
    ) -> T:
        """Ask until there is an answer. Every request may be sent twice: what is kept or gone already stays so.

        Raises:
            Unavailable: there is none after all tries, or Pinecone does not let us in.
            VectorStoreRefused: it is no.
        """
        patience = self._patience
        for attempt in range(1, patience.tries + 1):
            try:
                return kind.decode(await self._ask(method, path, body, query))
            except (_Passing, aiohttp.ClientError, msgspec.DecodeError, OSError) as error:
                wait_seconds = _wait_seconds(error, patience.retry_seconds, attempt)
                if attempt == patience.tries or wait_seconds > patience.longest_wait_seconds:
                    raise Unavailable(_sentence(error)) from error
            await asyncio.sleep(wait_seconds)
        raise AssertionError("the last try returns or raises")

    async def _ask(self, method: str, path: str, body: bytes | None, query: dict[str, str] | None) -> bytes:
        async with self._http.request(
            method,
            self._base_url + path,
            params=query,
            data=body,
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=self._patience.request_seconds),
            allow_redirects=False,
        ) as response:
            answer = await _read(response)
            if response.status == 200:
                return answer
            raise self._failure(response, answer)

    def _failure(self, response: aiohttp.ClientResponse, answer: bytes) -> Exception:
        status = response.status
        told = f"Pinecone answers with the status {status}{self._reason(answer)}"
        if status == 404:
            return NamespaceMissing(told)
        if status in _KEPT_AWAY:
            return Unavailable(f"{told} Check PINECONE_API_KEY and the plan that it belongs to.")
        if status in (408, 429) or not 400 <= status < 500:
            return _Passing(told, _asked_seconds(response))
        return VectorStoreRefused(told)

    def _reason(self, answer: bytes) -> str:
        """What Pinecone says of it, as the end of a sentence."""
        try:
            message = _told.decode(answer).message
        except msgspec.DecodeError:
            return "."
        message = " ".join(message.replace(self._headers["Api-Key"], "…").split())
        return f": {message[:_TOLD_CHARS].rstrip('.')}."


class Rest:
    """Leaves Pinecone alone for a while after it did not answer."""

    def __init__(self, limit_seconds: float, rest_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._rest_seconds = rest_seconds
        self._rests_until = 0.0

    @asynccontextmanager
    async def unless_resting(self) -> AsyncGenerator[None]:
        """A block of requests with a limit of time.

        Raises:
            Unavailable: they failed, or did so a moment ago.
        """
        if time.monotonic() < self._rests_until:
            raise Unavailable("Pinecone did not answer a moment ago, and is left alone for a while.")
        try:
            async with asyncio.timeout(self._limit_seconds):
                yield
        except (TimeoutError, Unavailable) as error:
            self._rests_until = time.monotonic() + self._rest_seconds
            if isinstance(error, Unavailable):
                raise
            raise Unavailable(_SLOW) from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    answer = bytearray()
    async for piece in response.content.iter_any():
        answer += piece
        if len(answer) > _ANSWER_BYTES:
            response.close()
            raise _Passing("Pinecone answers with more bytes than an answer can have.")
    return bytes(answer)


def _asked_seconds(response: aiohttp.ClientResponse) -> float | None:
    """How long Pinecone asks to wait, if it says so in seconds."""
    asked = response.headers.get("retry-after", "").strip()
    return float(asked) if asked.isascii() and asked.isdigit() else None


def _wait_seconds(error: Exception, first_seconds: float, attempt: int) -> float:
    if isinstance(error, _Passing) and error.wait_seconds is not None:
        return error.wait_seconds
    # Up to a quarter more, so that not all come back at once.
    return first_seconds * 2 ** (attempt - 1) * (1 + random.random() / 4)  # noqa: S311  # spreads load, hides nothing


def _sentence(error: Exception) -> str:
    if isinstance(error, _Passing):
        return error.told
    if isinstance(error, msgspec.DecodeError):
        return "Pinecone answers with something that is no answer. Check the address of the index."
    if isinstance(error, TimeoutError):
        return _SLOW
    return "Pinecone cannot be reached. Check the address of the index."

"""What clients of OpenAI's embeddings send and read. Specification: OpenAI API reference, 2026-11."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Final, Literal, cast

import msgspec

from steward.doors.openai.errors import BadRequest
from steward.runs.embedding import Embeddings

_MOST_TEXTS: Final = 2_048
_TEXT: Final = {"type": "string", "minLength": 1}
_LIST: Final = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": _MOST_TEXTS}
_TEXTS: Final = msgspec.Meta(extra_json_schema={"anyOf": [_TEXT, _LIST]})


class EmbeddingsBody(msgspec.Struct):
    """The body of `POST /v1/embeddings`. Unknown fields are ignored, as OpenAI's own hosts do."""

    model: str
    input: Annotated[Any, _TEXTS]
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] | None = None


_bodies: Final = msgspec.json.Decoder(EmbeddingsBody)


def read(raw: bytes) -> tuple[EmbeddingsBody, list[str]]:
    """Read a body, and the texts in it.

    Raises:
        BadRequest: it does not fit, or holds token numbers; the sentence says which.
    """
    try:
        body = _bodies.decode(raw or b"{}")
    except msgspec.DecodeError as error:
        raise BadRequest(f"Invalid body: {error}.") from error
    if body.dimensions is not None and not 1 <= body.dimensions <= 65_536:
        raise BadRequest("'dimensions' must be a positive whole number.", param="dimensions")
    return body, _texts(body.input)


def _texts(given: Any) -> list[str]:
    items = cast("list[Any]", given) if isinstance(given, list) else [given]
    if any(isinstance(item, int | list) for item in items):
        words = (
            "'input' must be text: token numbers mean something else to every model, so send the text itself."
        )
        raise BadRequest(words, param="input")
    texts = [item for item in items if isinstance(item, str) and item]
    if not texts or len(texts) < len(items):
        words = "'input' must be a text or a list of texts, none of them empty."
        raise BadRequest(words, param="input")
    if len(texts) > _MOST_TEXTS:
        raise BadRequest(
            f"'input' holds more than {_MOST_TEXTS:,} texts: send several requests.", param="input"
        )
    return texts


def answer(body: EmbeddingsBody, made: Embeddings) -> bytes:
    """The vectors in OpenAI's words. Slow for many of them: call it in a thread."""
    rows: list[Any]
    if body.encoding_format == "base64":
        rows = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in made.vectors]
    else:
        rows = made.vectors.tolist()
    return msgspec.json.encode(
        {
            "object": "list",
            "data": [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)],
            "model": body.model,
            "usage": {"prompt_tokens": made.input_tokens, "total_tokens": made.input_tokens},
        }
    )

"""Messages of the Assistants API, as threads keep them: their texts, images, citations and calls of tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from steward.doors.terminal.imports.dump import Json

Part = dict[str, Any]

_FILE_ID: Final = re.compile(r"file[-_][A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that is here.

    Attributes:
        image_url: its content as a `data:` URL, when it is an image.
        document_id: of the document that was made of it; None when there is none.
        url: where people open it.
    """

    id: str
    name: str
    media_type: str
    url: str
    image_url: str | None = None
    document_id: str | None = None


Files = Mapping[str, KnownFile]


def file_ids(messages: Iterable[Json]) -> set[str]:
    """The files that messages show, cite or have attached."""
    found: set[str] = set()
    for message in messages:
        raw = msgspec.json.encode([message.get("content"), message.get("attachments")]).decode()
        found.update(_FILE_ID.findall(raw))
    return found


def parts_of(message: Json, steps: Sequence[Json], files: Files) -> list[Part]:
    """What a message says: the calls of its run's tools, its texts and images, and what it cites.

    Args:
        message: as the API gives it.
        steps: of the run whose first message it is; else none.
        files: that are here, by their ids.
    """
    sources: dict[tuple[str, str], Part] = {}
    content = message.get("content")
    blocks: list[Any] = cast("list[Any]", content) if isinstance(content, list) else [content]
    parts = [part for step in steps for part in _calls(step)]
    for block in blocks:
        parts += _block(block, files, sources)
    return [*parts, *sources.values()]


def _block(block: Any, files: Files, sources: dict[tuple[str, str], Part]) -> list[Part]:
    if isinstance(block, str):
        return [_text(block)]
    given = cast(Json, block) if isinstance(block, dict) else {}
    match given.get("type"):
        case "text":
            return [_text(_cited(given.get("text"), files, sources))]
        case "refusal":
            return [_text(str(given.get("refusal") or ""))]
        case "image_file":
            return [_image_file(_inner(given, "image_file"), files)]
        case "image_url":
            image = _inner(given, "image_url")
            return [_image(str(image.get("url") or ""), "image/*", image)]
        case _:
            return []


def _cited(given: Any, files: Files, sources: dict[tuple[str, str], Part]) -> str:
    """The text with our markers in place of those that name files which are here; the rest stays as it was."""
    if not isinstance(given, dict):
        return str(given or "")
    text = str(cast(Json, given).get("value") or "")
    annotations: list[Json] = [
        cast(Json, one) for one in cast(Json, given).get("annotations") or () if isinstance(one, dict)
    ]
    # From the end, so that the places before stay right; numbered in the order in which they are read.
    places: list[tuple[int, int, int]] = []
    for one in sorted(annotations, key=lambda one: _index(one, "start_index")):
        citation = _inner(one, "file_citation")
        file = files.get(str(citation.get("file_id")))
        start, end = _index(one, "start_index"), _index(one, "end_index")
        if file is None or text[start:end] != one.get("text") or start == end:
            continue
        source = _source(sources, file, str(citation.get("quote") or ""))
        places.append((start, end, source["number"]))
    for start, end, number in reversed(places):
        text = f"{text[:start]}[{number}]{text[end:]}"
    return text


def _source(sources: dict[tuple[str, str], Part], file: KnownFile, quote: str) -> Part:
    return sources.setdefault(
        (file.id, quote),
        {
            "type": "source",
            "number": len(sources) + 1,
            "title": file.name,
            "url": file.url,
            "excerpt": quote,
            "score": 1.0,
            "document_id": file.document_id,
            "file_id": file.id,
            # Where in the document it stands, nobody has said.
            "revision": None,
            "start": None,
            "end": None,
            "page": None,
            "headings": [],
        },
    )


def _calls(step: Json) -> list[Part]:
    """The calls of a run's step that a program or the code interpreter carried out."""
    parts: list[Part] = []
    details = _inner(step, "step_details")
    for call in cast("list[Json]", details.get("tool_calls") or []):
        kind = str(call.get("type"))
        inner = _inner(call, kind)
        if kind == "function":
            given, output = _object(inner.get("arguments")), inner.get("output")
        elif kind == "code_interpreter":
            logs = [str(one.get("logs") or "") for one in cast("list[Json]", inner.get("outputs") or [])]
            given, output = {"code": inner.get("input") or ""}, "\n".join(filter(None, logs))
        else:
            continue
        name = str(inner.get("name") or kind)
        part: Part = {"type": "tool_call", "call_id": str(call.get("id") or ""), "name": name, "input": given}
        if output is None:
            parts.append({**part, "state": "failed", "error": "It was never answered."})
        else:
            parts.append({**part, "state": "output_ready", "output": output})
    return parts


def _image_file(image: Json, files: Files) -> Part:
    file_id = str(image.get("file_id") or "")
    file = files.get(file_id)
    if file is None or file.image_url is None:
        return _text(f"[image {file_id}]")
    part = _image(file.image_url, file.media_type, image)
    return {**part, "file_id": file_id, "filename": file.name}


def _image(url: str, media_type: str, image: Json) -> Part:
    detail = str(image.get("detail") or "auto")
    return {"type": "file", "url": url, "media_type": media_type, "filename": None, "detail": detail}


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _inner(given: Json, name: str) -> Json:
    inner = given.get(name)
    return cast(Json, inner) if isinstance(inner, dict) else {}


def _index(annotation: Json, name: str) -> int:
    given = annotation.get(name)
    return given if isinstance(given, int) and given >= 0 else 0


def _object(given: Any) -> Json:
    try:
        read = msgspec.json.decode(given) if isinstance(given, str) else given
    except msgspec.DecodeError:
        return {"text": given}
    return cast(Json, read) if isinstance(read, dict) else {}

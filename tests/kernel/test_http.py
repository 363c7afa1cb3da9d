from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from steward import app
from steward.identity.access import authenticate
from steward.kernel.errors import BodyTooLarge, MalformedBody
from steward.kernel.http import Gate, Uploads, check_json
from steward.kernel.idempotency import Idempotency
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Limits
from tests.conftest import Person

_LIMITS = Limits()
_ANY_POST = "/api/v1/threads"


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body.get("tag") or body["error"]["code"]


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


# Nobody is authenticated in these tests: what comes through the gate is told 401.
_PASSES = (401, "unauthorized")
_MALFORMED = (400, "malformed_body")
_TOO_LARGE = (413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'{"title":"x"}', _PASSES, id="good"),
        pytest.param(b"", _PASSES, id="empty"),
        pytest.param(
            b'"' + b"x" * (_LIMITS.body_bytes - 2) + b'"', _PASSES, id="just as many bytes as allowed"
        ),
        pytest.param(b'"' + b"x" * (_LIMITS.body_bytes - 1) + b'"', _TOO_LARGE, id="one byte too many"),
        pytest.param(nested(_LIMITS.json_depth), _PASSES, id="just as deep as allowed"),
        pytest.param(nested(_LIMITS.json_depth + 1), _TOO_LARGE, id="one too deep"),
        pytest.param(b"[" * 100_000, _TOO_LARGE, id="very deep and never closed"),
        pytest.param(
            b"[" + b"1," * (_LIMITS.json_nodes - 3) + b"1]", _PASSES, id="just as many values as allowed"
        ),
        pytest.param(b"[" + b"1," * _LIMITS.json_nodes + b"1]", _TOO_LARGE, id="too many values"),
        pytest.param(
            b'{"t":"' + b"[{,]}" * 50_000 + b'"}', _PASSES, id="brackets and commas within a string"
        ),
        pytest.param(b'{"t":"' + rb"\"[" * 50_000 + b'"}', _PASSES, id="brackets behind escaped quotes"),
        pytest.param(rb'{"t":"a\u0000b"}', _MALFORMED, id="NUL"),
        pytest.param(rb'{"t\u0000":1}', _MALFORMED, id="NUL in a name"),
        pytest.param(rb'{"t":"\\\u0000"}', _MALFORMED, id="NUL behind a backslash"),
        pytest.param(rb'{"t":"a\\u0000b"}', _PASSES, id="backslash u0000 as text"),
        pytest.param(b'{"t":"a\0b"}', _MALFORMED, id="raw NUL"),
        pytest.param(rb'{"t":"\ud800"}', _MALFORMED, id="first half of a surrogate pair"),
        pytest.param(rb'{"t":"\udc00"}', _MALFORMED, id="second half of a surrogate pair"),
        pytest.param(rb'{"t":"\ud83d\ud83d"}', _MALFORMED, id="two first halves"),
        pytest.param(rb'{"t":"\ud83d\ude00"}', _PASSES, id="a whole pair"),
        pytest.param(b'{"t":"\xed\xa0\x80"}', _MALFORMED, id="surrogate as UTF-8"),
        pytest.param(b'{"t":"\xff"}', _MALFORMED, id="no UTF-8"),
        pytest.param(b'{"t":"\xc0\x80"}', _MALFORMED, id="overlong NUL"),
        pytest.param(b'{"t":NaN}', _MALFORMED, id="NaN"),
        pytest.param(b'{"t":Infinity}', _MALFORMED, id="infinity"),
        pytest.param(b'{"t":-Infinity}', _MALFORMED, id="minus infinity"),
        pytest.param(b'{"t":1e999}', _MALFORMED, id="beyond a float"),
        pytest.param(b'{"t":' + b"9" * 5000 + b"}", _MALFORMED, id="a number of 5,000 digits"),
        pytest.param('{"t":1}'.encode("utf-16"), _MALFORMED, id="UTF-16"),
        pytest.param('{"t":1}'.encode("utf-16-le"), _MALFORMED, id="UTF-16 without a mark"),
        pytest.param('{"t":1}'.encode("utf-32"), _MALFORMED, id="UTF-32"),
        pytest.param('{"t":1}'.encode("utf-8-sig"), _MALFORMED, id="byte order mark"),
        pytest.param(b'{"t":1,}', _MALFORMED, id="trailing comma"),
        pytest.param(b"{'t':1}", _MALFORMED, id="single quotes"),
        pytest.param(b'{"t":1}{"t":2}', _MALFORMED, id="two objects"),
        pytest.param(b'{"t":1', _MALFORMED, id="cut off"),
        pytest.param(b"title=x", _MALFORMED, id="a form"),
        pytest.param(b'{"t":"a\nb"}', _MALFORMED, id="a raw line break in a string"),
    ],
)
async def test_bodies_are_checked_before_anybody_is_authenticated(
    client: httpx.AsyncClient, body: bytes, expected: tuple[int, str]
) -> None:
    answer = await client.post(_ANY_POST, content=body, headers={"content-type": "application/json"})
    assert problem_of(answer) == expected


async def test_a_body_of_unknown_length_is_refused_when_it_grows_too_long(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    answer = await client.post(_ANY_POST, content=pieces())
    assert problem_of(answer) == _TOO_LARGE


async def test_the_later_of_two_equal_names_counts(client: httpx.AsyncClient, ada: Person) -> None:
    body = b'{"title":"first","title":"second"}'
    made = await client.post(
        _ANY_POST, content=body, headers={**ada.headers, "content-type": "application/json"}
    )
    assert made.json()["title"] == "second"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/v1/chat", "/api/v1/auth/sign-in"])
async def test_every_door_has_the_same_gate(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, content=b'{"messages":NaN}')
    assert problem_of(answer) == _MALFORMED


_UPLOADS = Uploads(("/files", "/documents/{document_id}/file"), 1_000_000)
_FORM = "multipart/form-data; boundary=b"


@pytest.fixture
async def taking() -> AsyncGenerator[httpx.AsyncClient]:
    """A gate before an application that counts the bytes of a body, and how many came at most at once."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        sizes = [len(piece) async for piece in Request(scope, receive).stream()]
        await JSONResponse({"bytes": sum(sizes), "pieces": len(sizes)})(scope, receive, send)

    gate = Gate(count, _LIMITS, app.shape, _UPLOADS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://127.0.0.1") as http:
        yield http


async def in_pieces(count: int, size: int = 100_000) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


@pytest.mark.parametrize("path", ["/files", "/documents/document_1/file"])
@pytest.mark.parametrize("content_type", [_FORM, "Multipart/Form-Data ;boundary=b", "multipart/form-data"])
async def test_a_form_passes_in_pieces_where_files_are_taken(
    taking: httpx.AsyncClient, path: str, content_type: str
) -> None:
    answer = await taking.post(path, content=in_pieces(15), headers={"content-type": content_type})
    assert answer.json()["bytes"] == 1_500_000
    assert answer.json()["pieces"] >= 15


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/documents", _FORM),
        ("/files/file-1", _FORM),
        ("/files/", _FORM),
        ("/documents/a/b/file", _FORM),
        ("/api/v1/threads", _FORM),
        ("/files", "application/json"),
        ("/files", "text/plain"),
        ("/files", "multipart/mixed; boundary=b"),
        ("/files", ""),
    ],
)
async def test_everything_else_is_checked_as_json(
    taking: httpx.AsyncClient, path: str, content_type: str
) -> None:
    headers = {"content-type": content_type}
    assert problem_of(await taking.post(path, content=b"hello", headers=headers)) == _MALFORMED
    too_long = await taking.post(path, content=b" " * (_LIMITS.body_bytes + 1), headers=headers)
    assert problem_of(too_long) == _TOO_LARGE


@pytest.mark.parametrize("told", [True, False])
async def test_an_upload_has_a_limit_of_its_own(taking: httpx.AsyncClient, told: bool) -> None:
    headers = {"content-type": _FORM} | ({"content-length": "2000001"} if told else {})
    answer = await taking.post("/files", content=in_pieces(0 if told else 21), headers=headers)
    assert problem_of(answer) == (413, "file_too_large")
    assert answer.json()["limit_bytes"] == 1_000_000
    assert "1 MB" in answer.json()["detail"]


async def test_a_gate_without_upload_addresses_takes_no_forms(client: httpx.AsyncClient) -> None:
    answer = await client.post(_ANY_POST, files={"file": ("x.txt", b"x")})
    assert problem_of(answer) == _MALFORMED


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/chat/a%00b",
        "/api/v1/chat/search?q=a%00b",
        "/api/v1/chat?cursor=%00",
        "/v1/models/a%00",
        "/chat/%00",
    ],
)
async def test_no_address_holds_nul(client: httpx.AsyncClient, address: str) -> None:
    assert problem_of(await client.get(address)) == _MALFORMED


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, -1, "1e3", "٣", "1.5", ""])
@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/chat?limit={}",
        "/api/v1/chat?offset={}",
        "/api/v1/chat/x?limit={}",
        "/api/v1/chat/search?q=x&limit={}",
    ],
)
async def test_a_number_that_fits_nowhere_is_refused(
    client: httpx.AsyncClient, ada: Person, address: str, number: object
) -> None:
    answer = await client.get(address.format(number), headers=ada.headers)
    if answer.status_code != 422:
        # Arabic digits are digits.
        assert (number, answer.status_code) == ("٣", 404 if "/x?" in address else 200)
    else:
        assert problem_of(answer) == (422, "invalid_request")


@pytest.mark.parametrize("number", [2**31, 2**63, 2**64, 10**30, -1, 1.5, "7", True])
@pytest.mark.parametrize("field", ["max_tokens", "maxTokens", "temperature"])
async def test_a_number_in_a_body_that_fits_nowhere_is_refused(
    client: httpx.AsyncClient, ada: Person, field: str, number: object
) -> None:
    if field == "temperature" and number == 1.5:
        return
    body = {"messages": [{"role": "user", "content": "hello"}], "stream": False, field: number}
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert problem_of(answer) == (422, "invalid_request")


@pytest.mark.parametrize("number", ["9223372036854775808", "1" * 40, "-1", "x"])
async def test_a_cursor_header_beyond_a_bigint_is_refused(
    client: httpx.AsyncClient, ada: Person, number: str
) -> None:
    headers = {**ada.headers, "last-event-id": number}
    answer = await client.get("/api/v1/runs/run_x/events", headers=headers)
    assert problem_of(answer) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("method", "address", "status", "tag"),
    [
        ("GET", "/api/v1/me", 401, "unauthorized"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/assets/nothing.js", 404, "not_found"),
        ("PUT", "/api/v1/threads", 405, "method_not_allowed"),
        ("POST", "/api/v1/nothing", 405, "method_not_allowed"),
        ("POST", "/api/v1/auth/sign-in", 422, "invalid_request"),
    ],
)
async def test_a_refusal_is_a_problem_document(
    client: httpx.AsyncClient, method: str, address: str, status: int, tag: str
) -> None:
    answer = await client.request(method, address, json={} if method == "POST" else None)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["tag"]) == (status, status, tag)
    assert problem["type"] == f"urn:steward:problem:{tag}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["remedy"].endswith(".")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["request_id"].startswith("req_")


async def test_what_does_not_fit_is_named(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.post(_ANY_POST, json={"title": 3, "colour": "red"}, headers=ada.headers)
    problem = answer.json()
    assert {one["field"] for one in problem["fields"]} == {"title", "colour"}
    assert "title" in problem["detail"]
    assert "red" not in answer.text


async def test_every_request_has_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    first, second = [await client.get("/healthz", headers={"x-request-id": "mine"}) for _ in range(2)]
    assert first.headers["x-request-id"].startswith("req_")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize("address", ["/healthz", "/api/v1/me", "/", "/api/v1/nothing"])
async def test_every_answer_says_what_a_browser_may_do(client: httpx.AsyncClient, address: str) -> None:
    headers = (await client.get(address)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"


@pytest.fixture
async def broken(house: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    """The application with routes that break, in this process's runtime."""
    api = app.build_api(house.settings)

    async def break_at_once() -> None:
        raise RuntimeError("postgresql://owner:hunter2@host/db is not reachable")

    for address in ("/api/v1/broken", "/v1/broken"):
        api.add_api_route(address, break_at_once)
        api.router.routes.insert(0, api.router.routes.pop())
    gate = Gate(Idempotency(api, authenticate), house.settings.limits, app.shape)
    transport = httpx.ASGITransport(gate, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield http


@pytest.mark.req("ERR-09")
@pytest.mark.req("ERR-19")
@pytest.mark.parametrize("address", ["/api/v1/broken", "/v1/broken"])
@pytest.mark.slow
async def test_a_bug_is_told_without_its_insides(broken: httpx.AsyncClient, address: str) -> None:
    answer = await broken.get(address)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    for inside in ("hunter2", "Traceback", "RuntimeError", "test_http", "reachable"):
        assert inside not in answer.text
    assert problem_of(answer) == (500, "internal_error")


@pytest.mark.req("ERR-23")
@pytest.mark.slow
async def test_a_bug_stands_in_the_log_with_its_stack(
    broken: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await broken.get("/api/v1/broken")
    said = capsys.readouterr()
    logged = said.out + said.err + caplog.text
    assert "request_failed" in logged
    assert "RuntimeError" in logged
    assert answer.headers["x-request-id"] in logged


@pytest.mark.req("ERR-23")
@pytest.mark.parametrize("address", ["/api/v1/broken", "/v1/broken"])
@pytest.mark.slow
async def test_a_failed_route_is_found_in_the_log_by_what_the_caller_was_told(
    broken: httpx.AsyncClient, address: str
) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await broken.get(address)
    told = answer.headers["x-request-id"]
    assert told in answer.text
    failed, request = [line for line in lines if line.get("request_id") == told]
    assert (failed["event"], failed["log_level"], failed["path"]) == ("request_failed", "error", address)
    assert failed["exc_info"]
    assert (request["event"], request["path"], request["status"]) == ("request", address, 500)
    assert failed["tag"] == request["tag"] == "internal_error"


@pytest.mark.slow
async def test_a_bug_has_a_request_id_and_a_remedy(broken: httpx.AsyncClient) -> None:
    answer = await broken.get("/api/v1/broken")
    problem = answer.json()
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["request_id"] in problem["detail"]
    assert problem["remedy"].startswith("Try again")


@pytest.mark.req("ERR-23")
@pytest.mark.slow
async def test_a_refused_request_is_found_in_the_log(broken: httpx.AsyncClient) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await broken.get("/api/v1/nothing")
    (line,) = [line for line in lines if line.get("request_id") == answer.json()["request_id"]]
    assert (line["event"], line["path"], line["status"]) == ("request", "/api/v1/nothing", 404)
    assert line["tag"] == "not_found"


def _strings(alphabet: Any = None) -> st.SearchStrategy[str]:
    return st.text(alphabet or st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _strings(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_strings(), inner, max_size=5),
    max_leaves=30,
)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)  # pyright: ignore[reportUnknownVariableType]
    return 0


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(value=_VALUES, ascii_only=st.booleans())
def test_the_depth_of_any_json_is_counted_right(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    depth = max(4, _depth(value))
    check_json(body, Limits(json_depth=depth, json_nodes=10_000))
    if _depth(value) > 4:
        with pytest.raises(BodyTooLarge):
            check_json(body, Limits(json_depth=_depth(value) - 1, json_nodes=10_000))


@settings(deadline=None)
@given(text=st.text(st.sampled_from('\\u0"nd8cx{},[]\0é'), max_size=40))
def test_nul_and_halves_of_pairs_never_pass(text: str) -> None:
    body = b'{"t":"' + text.encode() + b'"}'
    try:
        check_json(body, _LIMITS)
    except (MalformedBody, BodyTooLarge):
        return
    shown = json.loads(body)
    for piece in (*shown, *(value for value in shown.values() if isinstance(value, str))):
        assert "\0" not in piece
        piece.encode()


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None)])
async def test_the_web_app_is_sent_packed_to_whoever_takes_it(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    script = next((app.STATIC / "assets").glob("*.js"))
    answer = await client.get(f"/assets/{script.name}", headers={"accept-encoding": accepted})
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.content == script.read_bytes()

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from yarl import URL

from steward.kernel.errors import Refusal
from steward.kernel.fetch import fetch
from steward.kernel.fetch_errors import FetchFailed, FetchForbiddenAddress, FetchNotFound, FetchTooLarge
from steward.kernel.fetch_guard import Resolver, checked_addresses, guarded_sockets, read_url, redirected
from steward.kernel.settings import Fetch
from tests.kernel.fetch_corpus import ALLOWED, LITERALS, NAMED, UNUSUAL
from tests.support.processes import free_port

SHUT = Fetch()
OPEN = Fetch(allowed_networks="127.0.0.1/32", bytes=1_000_000, seconds=10)


@dataclass(slots=True)
class Host:
    """A server on this machine: what it answers, by path, and what it was asked."""

    port: int = 0
    pages: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])
    connections: int = 0
    pace: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(head)
            writer.write(self.pages.get(head.split(" ")[1], answer(status="404 Not Found")))
            await writer.drain()
            if self.pace is not None:
                await self.pace(writer)
        writer.close()


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    told = [f"content-length: {len(body) if length is None else length}"] if length != -1 else []
    lines = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *told, *headers))
    return f"{lines}\r\n".encode() + body


def to(location: str, status: str = "302 Found", *headers: str) -> bytes:
    return answer(b"elsewhere", f"location: {location}", *headers, status=status)


@asynccontextmanager
async def serving(
    address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Host]:
    host = Host()
    server = await asyncio.start_server(host.serve, address, port, ssl=tls)
    async with server:
        host.port = server.sockets[0].getsockname()[1]
        yield host


@pytest.fixture
async def host() -> AsyncGenerator[Host]:
    async with serving() as one:
        yield one


def resolving(*answers: list[str]) -> tuple[Resolver, list[str]]:
    """A resolver that gives these answers one after another, the last one for ever; and the hosts it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


async def by_name(host: str, port: int) -> list[str]:
    return NAMED[host] if host in NAMED else NAMED[host.upper()]


# --- what is never fetched ------------------------------------------------------------------------------------------


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len({*LITERALS, *UNUSUAL}) + len(NAMED) >= 117
    assert len(ALLOWED) >= 15


@pytest.fixture(scope="module")
async def trap() -> AsyncGenerator[Host]:
    """A listener on every loopback address of this machine, that should never be reached."""
    async with serving("0.0.0.0") as one:
        with contextlib.suppress(OSError):
            # The same port of the other family, where this machine has it.
            other = await asyncio.start_server(one.serve, "::1", one.port)
            async with other:
                yield one
                return
        yield one


@pytest.mark.parametrize("url", [*LITERALS, *UNUSUAL])
async def test_a_private_or_doubtful_address_is_refused_without_a_connection(trap: Host, url: str) -> None:
    with pytest.raises(FetchForbiddenAddress) as refused:
        await fetch(url.replace("{port}", str(trap.port)), SHUT, resolver=by_name)
    assert trap.connections == 0
    assert refused.value.detail.endswith("only public addresses of the web are fetched.")


@pytest.mark.parametrize("name", NAMED)
async def test_a_name_of_a_private_address_is_refused_without_a_connection(trap: Host, name: str) -> None:
    for url in (f"http://{name}:{trap.port}/", f"https://{name}/latest/meta-data/"):
        with pytest.raises(FetchForbiddenAddress) as refused:
            await fetch(url, SHUT, resolver=by_name)
        # Where a name leads within the house is nobody's business.
        assert not any(address in refused.value.detail for address in NAMED[name])
    assert trap.connections == 0


async def test_this_machines_own_resolver_is_not_trusted_either(trap: Host) -> None:
    with pytest.raises(FetchForbiddenAddress):
        await fetch(f"http://localhost:{trap.port}/", SHUT)
    assert trap.connections == 0


@pytest.mark.parametrize(("url", "expected"), ALLOWED.items())
async def test_a_public_address_is_let_through(url: str, expected: list[str]) -> None:
    found = await checked_addresses(read_url(url), (), resolving(expected)[0])
    assert [str(address) for address in found] == expected


async def test_the_listener_of_these_tests_can_be_reached(trap: Host) -> None:
    before, trap.pages["/"] = trap.connections, answer(b"reached")
    page = await fetch(f"http://127.0.0.1:{trap.port}/", OPEN)
    assert (page.content, trap.connections) == (b"reached", before + 1)
    trap.connections = before


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "//127.0.0.2:{port}/",
        "http://[::1]:{port}/",
        "http://2130706434:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost.example:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "http://user:password@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@example.com/",
    ],
)
async def test_a_redirect_is_looked_at_like_a_new_address(host: Host, trap: Host, location: str) -> None:
    host.pages["/"] = to(location.replace("{port}", str(trap.port)))
    resolver, _ = resolving(["127.0.0.2"])
    with pytest.raises(FetchForbiddenAddress):
        await fetch(host.url, OPEN, resolver=resolver)
    assert (host.connections, trap.connections) == (1, 0)


async def test_a_name_that_changes_its_address_is_asked_once_for_each_page() -> None:
    """DNS rebinding: the first answer may be fetched, every later one is private."""
    open_to = Fetch(allowed_networks="127.0.0.2/32")
    async with serving("127.0.0.2") as good, serving("127.0.0.1", good.port) as private:
        good.pages |= {
            "/": answer(b"good"),
            "/again": to("/"),
            "/other": to(f"http://other.example:{good.port}/"),
        }
        resolver, asked = resolving(["127.0.0.2"], ["127.0.0.1"])
        page = await fetch(f"http://rebind.example:{good.port}/", open_to, resolver=resolver)
        assert (page.content, asked) == (b"good", ["rebind.example"])
        for path in ("/again", "/other"):
            resolver, asked = resolving(["127.0.0.2"], ["127.0.0.1"])
            with pytest.raises(FetchForbiddenAddress):
                await fetch(f"http://rebind.example:{good.port}{path}", open_to, resolver=resolver)
            assert len(asked) == 2
        for answers in (["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]):
            with pytest.raises(FetchForbiddenAddress):
                await fetch(f"http://both.example:{good.port}/", open_to, resolver=resolving(answers)[0])
        assert (good.connections, private.connections) == (3, 0)


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("127.0.0.1", 80)),
        (socket.AF_INET, ("10.0.0.1", 80)),
        (socket.AF_INET6, ("::1", 80, 0, 0)),
        (socket.AF_INET6, ("fe80::1%2", 80, 0, 2)),
    ],
)
def test_no_socket_is_made_for_a_private_address(family: int, address: tuple[object, ...]) -> None:
    with pytest.raises(PermissionError):
        guarded_sockets(())((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address))


def test_a_socket_is_made_for_a_public_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("93.184.215.14", 80))
    with guarded_sockets(())(info) as made:
        assert made.family == socket.AF_INET


async def test_the_environment_names_no_proxy(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        host.pages["/"] = answer(b"direct")
        assert (await fetch(host.url, OPEN)).content == b"direct"
        assert proxy.connections == 0


# --- what comes of it -----------------------------------------------------------------------------------------------


async def test_a_page_comes_with_its_type(host: Host) -> None:
    host.pages["/a%20page?x=1"] = answer(
        "Grüße".encode("latin-1"), "content-type: Text/HTML; charset=ISO-8859-1"
    )
    page = await fetch(f"{host.url}/a%20page?x=1#part", OPEN)
    assert (page.media_type, page.charset) == ("text/html", "iso-8859-1")
    assert page.content.decode("latin-1") == "Grüße"
    assert page.url == f"{host.url}/a%20page?x=1"


async def test_a_page_without_a_type_is_bytes(host: Host) -> None:
    host.pages["/"] = answer(b"\x00\x01")
    page = await fetch(host.url, OPEN)
    assert (page.media_type, page.charset, page.content) == ("application/octet-stream", None, b"\x00\x01")


async def test_a_page_is_asked_for_under_our_name_and_with_nothing_of_ours(host: Host) -> None:
    host.pages |= {"/": to("/next", "302 Found", "set-cookie: id=1; Path=/"), "/next": answer(b"there")}
    await fetch(host.url, OPEN)
    for head in host.asked:
        lines = dict(line.lower().split(": ", 1) for line in head.strip().splitlines()[1:])
        assert lines.keys() == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert lines["user-agent"].startswith("steward/")
        assert lines["host"] == f"127.0.0.1:{host.port}"


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
@pytest.mark.parametrize(
    "location", ["/there?x=1", "there?x=1", "{url}/there?x=1", "//127.0.0.1:{port}/there?x=1#y"]
)
async def test_redirects_are_followed(host: Host, status: str, location: str) -> None:
    host.pages["/"] = to(location.format(url=host.url, port=host.port), status)
    host.pages["/there?x=1"] = answer(b"there")
    page = await fetch(host.url, OPEN)
    assert (page.url, page.content) == (f"{host.url}/there?x=1", b"there")


@pytest.mark.parametrize(("most", "is_enough"), [(3, True), (2, False), (0, False)])
async def test_redirects_have_a_limit(host: Host, most: int, is_enough: bool) -> None:
    host.pages |= {"/": to("/1"), "/1": to("/2"), "/2": to("/3"), "/3": answer(b"there")}
    settings = OPEN.model_copy(update={"redirects": most})
    if is_enough:
        assert (await fetch(host.url, settings)).content == b"there"
        return
    with pytest.raises(FetchFailed, match=f"more than {most} times"):
        await fetch(host.url, settings)
    assert host.connections == most + 1


@pytest.mark.parametrize("location", ["http://[::1", "http://a b/", ""])
async def test_a_redirect_to_nowhere_ends(host: Host, location: str) -> None:
    host.pages["/"] = to(location)
    with pytest.raises(Refusal) as refused:
        await fetch(host.url, OPEN)
    assert refused.value.tag in ("fetch_failed", "fetch_forbidden_address")


def test_a_safe_connection_is_not_given_up() -> None:
    safe = URL("https://public.example/")
    assert redirected(safe, "https://other.example/x") == URL("https://other.example/x")
    assert redirected(URL("http://public.example/"), "https://public.example/").scheme == "https"
    with pytest.raises(FetchFailed, match="safe connection"):
        redirected(safe, "http://public.example/")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("404 Not Found", FetchNotFound),
        ("410 Gone", FetchNotFound),
        ("401 Unauthorized", FetchFailed),
        ("403 Forbidden", FetchFailed),
        ("429 Too Many Requests", FetchFailed),
        ("500 Internal Server Error", FetchFailed),
        ("503 Service Unavailable", FetchFailed),
        ("302 Found", FetchFailed),
        ("304 Not Modified", FetchFailed),
    ],
)
async def test_a_status_is_told_as_a_refusal(host: Host, status: str, expected: type[Refusal]) -> None:
    host.pages["/"] = answer(b"an error page", status=status)
    with pytest.raises(expected) as refused:
        await fetch(host.url, OPEN)
    assert type(refused.value) is expected


# --- limits ---------------------------------------------------------------------------------------------------------


def packed(content: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip" | "x-gzip":
            return gzip.compress(content)
        case "deflate":
            return zlib.compress(content)
        case _:
            return content


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "identity", "GZIP"])
async def test_a_packed_page_is_unpacked(host: Host, encoding: str) -> None:
    content = b"what the page says " * 20_000
    host.pages["/"] = answer(packed(content, encoding.lower()), f"content-encoding: {encoding}")
    assert (await fetch(host.url, OPEN)).content == content


async def test_a_page_packed_in_several_pieces_is_whole(host: Host) -> None:
    host.pages["/"] = answer(gzip.compress(b"one ") + gzip.compress(b"two"), "content-encoding: gzip")
    assert (await fetch(host.url, OPEN)).content == b"one two"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"not packed at all", "gzip"),
        (gzip.compress(b"cut off" * 1_000)[:-12], "gzip"),
        (gzip.compress(b"x")[:5], "gzip"),
        (b"x", "br"),
        (gzip.compress(gzip.compress(b"x")), "gzip, gzip"),
    ],
    # What is packed holds the time of day, and no two processes would name their tests alike.
    ids=["not packed", "cut off", "a beginning", "unknown", "twice"],
)
async def test_a_page_that_is_packed_otherwise_is_refused(host: Host, body: bytes, encoding: str) -> None:
    host.pages["/"] = answer(body, f"content-encoding: {encoding}")
    with pytest.raises(FetchFailed):
        await fetch(host.url, OPEN)


@pytest.mark.parametrize("length", [None, -1])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_the_largest_page_is_taken_and_one_byte_more_is_not(
    host: Host, length: int | None, encoding: str
) -> None:
    for size, fits in ((OPEN.bytes, True), (OPEN.bytes + 1, False)):
        body = packed(b"x" * size, encoding)
        host.pages["/"] = answer(body, f"content-encoding: {encoding}", "connection: close", length=length)
        if fits:
            assert len((await fetch(host.url, OPEN)).content) == size
        else:
            with pytest.raises(FetchTooLarge):
                await fetch(host.url, OPEN)


async def test_a_page_that_says_it_is_too_large_is_not_read(host: Host) -> None:
    host.pages["/"] = answer(b"x", length=OPEN.bytes + 1)
    with pytest.raises(FetchTooLarge):
        await fetch(host.url, OPEN)


async def test_a_bomb_is_not_unpacked(host: Host) -> None:
    bomb = zlib.compressobj(9, wbits=31)
    body = b"".join([*(bomb.compress(bytes(1_000_000)) for _ in range(60)), bomb.flush()])
    assert len(body) < 100_000
    host.pages["/"] = answer(body, "content-encoding: gzip")
    with pytest.raises(FetchTooLarge):
        await fetch(host.url, OPEN)


async def test_bytes_that_unpack_to_nothing_are_counted_too(host: Host) -> None:
    nothing = gzip.compress(b"") * 60_000
    assert len(nothing) > OPEN.bytes
    host.pages["/"] = answer(nothing, "content-encoding: gzip", "connection: close", length=-1)
    with pytest.raises(FetchTooLarge):
        await fetch(host.url, OPEN)


HASTY = OPEN.model_copy(update={"seconds": 0.3})


@pytest.mark.parametrize("pages", [{"/": b""}, {"/": answer(b"x", length=100)}, {"/": b"HTTP/1.1 200"}])
@pytest.mark.slow
async def test_a_host_that_falls_silent_is_not_waited_for(host: Host, pages: dict[str, bytes]) -> None:
    async def wait(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    host.pages, host.pace = pages, wait
    with pytest.raises(FetchFailed, match=r"longer than 0\.3 seconds"):
        await asyncio.wait_for(fetch(host.url, HASTY), 20)


@pytest.mark.slow
async def test_a_host_that_trickles_is_not_waited_for(host: Host) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        for _ in range(300):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    host.pages["/"], host.pace = answer(length=1_000), trickle
    with pytest.raises(FetchFailed, match="longer"):
        await asyncio.wait_for(fetch(host.url, HASTY), 20)


@pytest.mark.slow
async def test_all_redirects_together_have_the_time_of_one_page(host: Host) -> None:
    async def wait(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.12)

    host.pages |= {
        f"/{n}": answer(b"", f"location: /{n + 1}", status="302 Found", length=-1) for n in range(20)
    }
    host.pace = wait
    slow = HASTY.model_copy(update={"redirects": 20})

    async def resolve(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(0.12)
        return ["127.0.0.1"]

    with pytest.raises(FetchFailed, match="longer"):
        await fetch(f"http://slow.example:{host.port}/0", slow, resolver=resolve)
    assert host.connections <= 4


async def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    async def hang(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(30)
        return []

    with pytest.raises(FetchFailed, match="longer"):
        await fetch("http://slow.example/", HASTY, resolver=hang)


# --- what goes wrong ------------------------------------------------------------------------------------------------


async def test_a_name_without_an_address_is_told() -> None:
    async def fail(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for resolver in (fail, resolving([])[0]):
        with pytest.raises(FetchFailed, match=r"There is no host nowhere\.example\."):
            await fetch("http://nowhere.example/", SHUT, resolver=resolver)


@pytest.mark.parametrize("name", ["a..example", "a" * 64 + ".example", "...", "-"])
async def test_a_name_that_no_host_can_have_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        await fetch(f"http://{name}/", SHUT)
    assert refused.value.tag in ("fetch_failed", "fetch_forbidden_address")


async def test_a_host_that_does_not_answer_is_told() -> None:
    with pytest.raises(FetchFailed, match="does not answer"):
        await fetch(f"http://127.0.0.1:{free_port()}/", OPEN)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 999999 What\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\ncut off",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_a_host_that_speaks_something_else_is_told(host: Host, said: bytes) -> None:
    host.pages["/"] = said
    with pytest.raises(FetchFailed):
        await fetch(host.url, OPEN)


async def test_a_certificate_that_is_not_valid_is_told(tmp_path: Path) -> None:
    async with serving(tls=self_signed(tmp_path)) as host:
        host.pages["/"] = answer(b"a secret")
        with pytest.raises(FetchFailed, match="certificate"):
            await fetch(f"https://127.0.0.1:{host.port}/", OPEN)
        assert host.asked == []


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "tls.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    return context

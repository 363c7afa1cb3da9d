from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.files.errors import FormMalformed
from steward.files.multipart import FormReader, Head

BOUNDARY = "b0undary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def part(head: str, content: bytes = b"") -> bytes:
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def field(name: str, content: bytes) -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', content)


END = f"--{BOUNDARY}--\r\n".encode()
FILE = part(
    'Content-Disposition: form-data; name="file"; filename="plan.pdf"\r\nContent-Type: application/pdf',
    b"%PDF",
)


async def cut(body: bytes, size: int = 1_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(body: bytes, size: int = 1_000, content_type: str = TYPE) -> list[tuple[Head, bytes]]:
    form = FormReader(cut(body, size), content_type)
    found: list[tuple[Head, bytes]] = []
    while head := await form.next_part():
        found.append((head, b"".join([piece async for piece in form.content()])))
    return found


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
async def test_parts_come_one_after_another_however_the_body_is_cut(size: int) -> None:
    body = field("purpose", b"assistants") + FILE + field("empty", b"") + END
    assert await read(body, size) == [
        (Head("purpose", None, None), b"assistants"),
        (Head("file", "plan.pdf", "application/pdf"), b"%PDF"),
        (Head("empty", None, None), b""),
    ]


@given(
    contents=st.lists(
        st.binary(max_size=300)
        | st.lists(st.sampled_from([b"\r\n", b"--", BOUNDARY[:-1].encode(), b"-", b"\r", b"\n"])).map(
            b"".join
        ),
        max_size=5,
    ),
    size=st.integers(1, 90),
)
async def test_contents_come_out_as_they_went_in(contents: list[bytes], size: int) -> None:
    whole = [content for content in contents if f"\r\n--{BOUNDARY}".encode() not in b"\r\n" + content]
    body = b"".join(field(str(at), content) for at, content in enumerate(whole)) + END
    assert [content for _, content in await read(body, size)] == whole


async def test_a_part_that_is_not_read_is_skipped() -> None:
    form = FormReader(cut(FILE + field("a", b"1") + field("b", b"2") + END, 11), TYPE)
    names: list[str] = []
    while head := await form.next_part():
        names.append(head.name)
    assert names == ["file", "a", "b"]


@pytest.mark.parametrize(
    ("disposition", "file_name"),
    [
        ('form-data; name="file"; filename=""', ""),
        ('form-data; name="file"; filename="Größe.txt"', "Größe.txt"),
        ('form-data; name="file"; filename="say %22hello%22%0D%0A.txt"', 'say "hello"\r\n.txt'),
        ('form-data; name="file"; filename="50%25 off.txt"', "50%25 off.txt"),
        ('form-data; name="file"; filename="a;b.txt"', "a;b.txt"),
        ("form-data; name=file; filename=plain.txt", "plain.txt"),
        ('form-data; name="file"; filename="old.txt"; filename*=UTF-8\'\'new.txt', "old.txt"),
        ('form-data; name="file"', None),
    ],
)
async def test_file_names_come_as_browsers_write_them(disposition: str, file_name: str | None) -> None:
    ((head, _),) = await read(part(f"Content-Disposition: {disposition}", b"x") + END)
    assert (head.name, head.file_name) == ("file", file_name)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "ends too early", id="nothing"),
        pytest.param(FILE[:-20], "ends too early", id="cut off in the head"),
        pytest.param(FILE, "ends too early", id="without an end"),
        pytest.param(b"hello", "not put together", id="no form"),
        pytest.param(b'{"title": "x"}', "not put together", id="JSON"),
        pytest.param(part("Content-Disposition: form-data", b"x") + END, "no name", id="no name"),
        pytest.param(part("Content-Type: text/plain", b"x") + END, "no name", id="no disposition"),
        pytest.param(part('Content-Disposition: form-data; name="a\0"') + END, "NUL", id="NUL in a name"),
        pytest.param(
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"".encode() + b"\xff\"\r\n\r\nx\r\n" + END,
            "not in UTF-8",
            id="a name in no UTF-8",
        ),
        pytest.param(part("x: " + "y" * 5_000) + END, "not put together", id="a long head"),
        pytest.param(part("\r\n".join(f"x{n}: y" for n in range(9))) + END, "not put together", id="many heads"),
        pytest.param(b"".join(field(str(n), b"") for n in range(65)) + END, "more than 64", id="many parts"),
    ],
)  # fmt: skip
async def test_what_is_no_form_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(FormMalformed, match=why):
        await read(body)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        f"multipart/form-data; boundary={'x' * 300}",
    ],
)
async def test_another_type_is_refused_before_anything_is_read(content_type: str) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("this must not be read")
        yield b""

    with pytest.raises(FormMalformed):
        FormReader(never(), content_type)


async def test_what_stands_behind_the_end_is_read_and_left_out() -> None:
    body = cut(FILE + END + b"epilogue" * 100, 40)
    form = FormReader(body, TYPE)
    while await form.next_part():
        pass
    assert await anext(body, None) is None

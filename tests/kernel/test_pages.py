from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from steward.kernel.errors import Invalid
from steward.kernel.pages import AnyId, CleanText, ShortText, read_cursor, write_cursor

_calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_moments = st.integers(0, 2**52).map(lambda number: datetime.fromtimestamp(number / 1_000_000, UTC))
_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@_calm
@given(pinned=st.booleans(), at=_moments, name=_words)
def test_a_cursor_comes_back_as_it_was(pinned: bool, at: datetime, name: str) -> None:
    cursor = write_cursor(pinned, at, name)
    assert read_cursor(cursor, bool, datetime, str) == (pinned, at, name)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&#? ")


@_calm
@given(
    cursor=st.text(max_size=60)
    | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_whatever_comes_is_a_position_or_refused(cursor: str) -> None:
    try:
        position = read_cursor(cursor, bool, datetime, str)
    except Invalid:
        return
    assert [type(one) for one in position] == [bool, datetime, str]


@pytest.mark.parametrize(
    "position",
    [(), (True,), (True, 1), ("x", "y"), (True, "not a date"), (True, "2026-01-01T00:00:00"), (True, None)],
)
def test_a_cursor_of_another_list_is_refused(position: tuple[Any, ...]) -> None:
    with pytest.raises(Invalid, match="start without a cursor"):
        read_cursor(write_cursor(*position), bool, datetime)


@pytest.mark.parametrize("name", ["a\0b", "\0"])
def test_a_cursor_with_what_no_database_stores_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        read_cursor(write_cursor(name), str)


@pytest.mark.parametrize("given_text", ["a\0", "\ud800", "\udfff x"])
@pytest.mark.parametrize("kind", [CleanText, ShortText])
def test_text_is_what_the_database_can_store(kind: Any, given_text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given_text)


@pytest.mark.parametrize("good", ["a", "thread_01abc", "0-._:~", "x" * 200])
def test_ids_are_safe_in_addresses(good: str) -> None:
    assert TypeAdapter(AnyId).validate_python(good) == good


@pytest.mark.parametrize("bad", ["", "x" * 201, "a/b", "a b", "a\n", "é", "..\0", "a?b", "a%b", "<x>"])
def test_other_ids_are_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AnyId).validate_python(bad)

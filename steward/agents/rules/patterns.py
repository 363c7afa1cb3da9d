"""Patterns of rules: regular expressions in Rust's engine, whose time grows with the text and never explodes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, TypeAdapter

from steward.kernel.errors import Invalid

PATTERN_CHARS: Final = 200
SUBJECT_CHARS: Final = 10_000
"""A longer text is not searched: it would hold up everybody's turns."""

_LINEAR: Final = ConfigDict(regex_engine="rust-regex")


class Pattern:
    """A regular expression, ready to be searched for."""

    __slots__ = ("_searcher",)

    def __init__(self, source: str) -> None:
        """Compile; up to 60 ms, so call it in a thread.

        Raises:
            Invalid: the engine does not read it, or it grows too large.
        """
        try:
            searcher: TypeAdapter[Any] = TypeAdapter(
                Annotated[str, Field(pattern=source, strict=True)], config=_LINEAR
            )
        except Exception as error:  # the engine's own class, which Pydantic does not name
            raise Invalid(
                f"The pattern {source!r} cannot be used. Look-arounds and references back are not known here, and "
                "large repetitions are not allowed; write it simpler.",
                field="conditions",
            ) from error
        self._searcher = searcher.validator

    def is_in(self, text: str) -> bool | None:
        """Whether the text holds it; None when the text cannot be searched."""
        if len(text) > SUBJECT_CHARS:
            return None
        try:
            text.encode()
        except UnicodeEncodeError:
            return None
        return self._searcher.isinstance_python(text)


@lru_cache(maxsize=512)
def compiled(source: str) -> Pattern:
    """The pattern, compiled once.

    Raises:
        Invalid: it cannot be used.
    """
    return Pattern(source)


def compile_all(sources: Iterable[str]) -> dict[str, Pattern]:
    """Patterns by their sources, without those that cannot be used any more. Call it in a thread."""
    known: dict[str, Pattern] = {}
    for source in sources:
        try:
            known[source] = compiled(source)
        except Invalid:  # an older version of the engine took it; the rule stays in doubt
            continue
    return known

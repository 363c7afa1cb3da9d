"""Bodies of OpenAI's objects, read field by field: what does not fit is a 400 in the words of OpenAI's own hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

import msgspec

from steward.doors.openai.errors import BadRequest

T = TypeVar("T")

_NAMES: Final[dict[type, str]] = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


class Body:
    """A JSON object of a request. A field that is missing or null reads as None.

    Every reader raises `BadRequest` when the field is something else; the error names the field by its whole path.
    """

    def __init__(self, fields: dict[str, Any], path: str = "") -> None:
        self.fields = fields
        self._path = path

    def __contains__(self, name: str) -> bool:
        """Whether the field was sent, be it as null: an update leaves alone what was not."""
        return name in self.fields

    def path_of(self, name: str) -> str:
        """The field's name as errors write it."""
        return f"{self._path}.{name}" if self._path else name

    def text(self, name: str, *, most: int | None = None) -> str | None:
        """A string of at most so many characters."""
        given = self._typed(name, str, "a string")
        if given is not None and most is not None and len(given) > most:
            raise too_long(self.path_of(name), most, len(given))
        return given

    def needed_text(self, name: str, *, most: int | None = None) -> str:
        """A string that must be there."""
        given = self.text(name, most=most)
        if given is None:
            raise missing(self.path_of(name))
        return given

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number between two others."""
        given = self.fields.get(name)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int):
            raise wrong_type(self.path_of(name), "an integer", given)
        return int(within(self.path_of(name), given, least, most))

    def number(self, name: str, *, least: float, most: float) -> float | None:
        """A number between two others."""
        given = self.fields.get(name)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise wrong_type(self.path_of(name), "a decimal", given)
        return float(within(self.path_of(name), given, least, most))

    def flag(self, name: str) -> bool | None:
        """True or false."""
        return self._typed(name, bool, "a boolean")

    def one_of(self, name: str, known: Sequence[str]) -> str | None:
        """One of the known words."""
        given = self.text(name)
        return None if given is None else known_word(self.path_of(name), given, known)

    def items(self, name: str, *, most: int | None = None) -> list[Any] | None:
        """A list of anything."""
        given = cast("list[Any] | None", self._typed(name, list, "an array"))
        if given is not None and most is not None and len(given) > most:
            words = (
                f"array too long. Expected an array with maximum length {most}, but got an array with length "
            )
            raise BadRequest(
                f"Invalid '{self.path_of(name)}': {words}{len(given)} instead.",
                param=self.path_of(name),
                code="array_above_max_length",
            )
        return given

    def texts(self, name: str, *, most: int | None = None) -> list[str] | None:
        """A list of strings."""
        given = self.items(name, most=most)
        for at, one in enumerate(given or ()):
            if not isinstance(one, str):
                raise wrong_type(f"{self.path_of(name)}[{at}]", "a string", one)
        return given

    def inner(self, name: str) -> Body | None:
        """An object within this one."""
        given = cast("dict[str, Any] | None", self._typed(name, dict, "an object"))
        return None if given is None else Body(given, self.path_of(name))

    def inners(self, name: str, *, most: int | None = None) -> list[Body] | None:
        """A list of objects within this one."""
        given = self.items(name, most=most)
        if given is None:
            return None
        found: list[Body] = []
        for at, one in enumerate(given):
            path = f"{self.path_of(name)}[{at}]"
            if not isinstance(one, dict):
                raise wrong_type(path, "an object", one)
            found.append(Body(cast("dict[str, Any]", one), path))
        return found

    def _typed(self, name: str, kind: type[T], said: str) -> T | None:
        given = self.fields.get(name)
        if given is not None and not isinstance(given, kind):
            raise wrong_type(self.path_of(name), said, given)
        return given


def read(raw: bytes) -> Body:
    """Read a body; none at all is an empty object.

    Raises:
        BadRequest: it is no JSON object.
    """
    try:
        given: Any = msgspec.json.decode(raw or b"{}")
    except msgspec.DecodeError as error:
        raise BadRequest(f"We could not parse the JSON body of your request: {error}.", code=None) from error
    if not isinstance(given, dict):
        words = f"Invalid type for the body: expected an object, but got {name_of(given)} instead."
        raise BadRequest(words, code="invalid_type")
    return Body(cast("dict[str, Any]", given))


def ensure_id(param: str, given: str, prefix: str) -> str:
    """The id, when it is one of this kind.

    Args:
        param: the name of the parameter.
        given: what came.
        prefix: what ids of this kind begin with, such as `thread`.

    Raises:
        BadRequest: it is of another kind, or none.
    """
    if not given.startswith(prefix):
        words = f"Invalid '{param}': '{given}'. Expected an ID that begins with '{prefix}'."
        raise BadRequest(words, param=param, code="invalid_value")
    return given


def missing(path: str) -> BadRequest:
    """The refusal of a body that lacks a field."""
    return BadRequest(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def wrong_type(path: str, expected: str, given: object) -> BadRequest:
    """The refusal of a value of another type; `expected` has its article, as in `a string`."""
    words = f"Invalid type for '{path}': expected {expected}, but got {name_of(given)} instead."
    return BadRequest(words, param=path, code="invalid_type")


def too_long(path: str, most: int, length: int) -> BadRequest:
    """The refusal of a string with too many characters."""
    words = f"Expected a string with maximum length {most}, but got a string with length {length} instead."
    return BadRequest(
        f"Invalid '{path}': string too long. {words}", param=path, code="string_above_max_length"
    )


def within(path: str, given: float, least: float, most: float) -> float:
    """The number, when it lies between the two.

    Raises:
        BadRequest: it does not.
    """
    kind = "integer" if isinstance(given, int) else "decimal"
    if given < least:
        words = f"{kind} below minimum value. Expected a value >= {least:.12g}, but got {given} instead."
        raise BadRequest(f"Invalid '{path}': {words}", param=path, code=f"{kind}_below_min_value")
    if not given <= most:
        words = f"{kind} above maximum value. Expected a value <= {most:.12g}, but got {given} instead."
        raise BadRequest(f"Invalid '{path}': {words}", param=path, code=f"{kind}_above_max_value")
    return given


def known_word(path: str, given: str, known: Sequence[str]) -> str:
    """The word, when it is one of those known.

    Raises:
        BadRequest: it is not.
    """
    if given not in known:
        quoted = [f"'{word}'" for word in known]
        listed = " and ".join(quoted) if len(quoted) < 3 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
        words = f"Invalid value: '{given}'. Supported values are: {listed}."
        raise BadRequest(words, param=path, code="invalid_value")
    return given


def name_of(given: object) -> str:
    """What OpenAI's errors call a value's type, with its article."""
    return _NAMES.get(type(given), "an unknown type")

"""Kinds: what things there are, registered by the rooms that own them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from steward.things.errors import KindUnknown

Properties = TypeVar("Properties", bound=BaseModel)

_NAME: Final = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class Kind(Generic[Properties]):
    """A type of thing.

    Attributes:
        name: as rows and the ontology name it, such as `task`.
        prefix: of the ids of such things.
        properties: what a thing of this kind holds beside its name; checked on every write.
        title: for people, singular.
        statuses: what may become of it; empty for anything.
        shared: whether whoever is in the workspace may see every such thing. If not, its room has rules of its own,
            and the lists of all things show one to who made it, to admins and to owners.
    """

    name: str
    prefix: str
    properties: type[Properties]
    title: str
    statuses: tuple[str, ...] = ()
    shared: bool = False

    def ensure_fits(self, properties: BaseModel | None, status: str | None) -> None:
        """Check what a room is about to write; what does not fit is a bug of that room, not of a caller.

        Raises:
            TypeError: properties of another kind.
            ValueError: a status that the kind does not know.
        """
        if properties is not None and not isinstance(properties, self.properties):
            raise TypeError(
                f"a {self.name} holds {self.properties.__name__}, not {type(properties).__name__}"
            )
        if status is not None and self.statuses and status not in self.statuses:
            raise ValueError(f"a {self.name} is one of {', '.join(self.statuses)}, not {status}")


_KINDS: Final[dict[str, Kind[Any]]] = {}


def register(kind: Kind[Properties]) -> Kind[Properties]:
    """Make a kind known, at module level of the room that owns it.

    Returns: the kind.

    Raises:
        ValueError: the name is no name, or another kind has it.
    """
    if not _NAME.fullmatch(kind.name):
        raise ValueError(f"{kind.name!r} is no name of a kind: small letters and underscores")
    if _KINDS.setdefault(kind.name, kind) != kind:
        raise ValueError(f"two kinds are called {kind.name}")
    return kind


def registered() -> list[Kind[Any]]:
    """Every kind that a room registered, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def named(name: str) -> Kind[Any]:
    """The kind of this name.

    Raises:
        KindUnknown: no room registered one.
    """
    if name not in _KINDS:
        raise KindUnknown(
            f"There is no kind {name[:100]!r}; there are {', '.join(sorted(_KINDS))}.", field="kind"
        )
    return _KINDS[name]

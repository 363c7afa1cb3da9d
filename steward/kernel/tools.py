"""Tools: typed functions that models may call, and what they are told about where they are called."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from steward.kernel import runtime
from steward.kernel.work import Actor, Work

_DEFAULT_SECONDS: Final = 30.0


class ToolRetry(Exception):
    """The tool could not do this, and the model can do better: the sentence says how."""


@dataclass(slots=True)
class ToolContext:
    """Where a tool is called. Who acts comes from here and never from the model's arguments.

    Attributes:
        run_id: of the turn; with `call_id` it is the key by which a call that runs twice acts once.
        collection_ids: the documents that the turn is bound to; None for all that chats look into.
        cite: numbers passages that the tool found, so that the answer can cite them.
    """

    actor: Actor
    run_id: str
    thread_id: str
    call_id: str
    collection_ids: list[str] | None = None
    cite: Callable[[Sequence[Any]], list[Any]] = field(default=lambda found: list(found))

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Open the tool's own transaction."""
        return runtime.current().database.work(self.actor)

    @property
    def key(self) -> str:
        """Names this call wherever it acts, however often it runs."""
        return f"{self.run_id}:{self.call_id}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it is offered and called.

    Attributes:
        description: the function's docstring; models read it.
        parameters: JSON Schema of the arguments.
        seconds: after which a call has failed.
        changes: whether it changes the world: such a tool is offered only to those who ask for it.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    seconds: float
    changes: bool
    _arguments: type[BaseModel]
    _function: Callable[..., Awaitable[Any]]
    _result: TypeAdapter[Any]

    async def call(self, context: ToolContext, arguments: dict[str, Any]) -> Any:
        """Call it.

        Returns: JSON values.

        Raises:
            ToolRetry: the arguments do not fit, or the tool says how to do better.
            Refusal: what the rooms refuse.
        """
        try:
            read = self._arguments.model_validate(arguments)
        except ValidationError as error:
            raise ToolRetry(_told(error)) from error
        given = {name: getattr(read, name) for name in type(read).model_fields}
        return self._result.dump_python(await self._function(context, **given), mode="json")


def tool(
    name: str, *, seconds: float = _DEFAULT_SECONDS, changes: bool = False
) -> Callable[[Callable[..., Awaitable[Any]]], Tool]:
    """Make a function a tool. Its first argument is the `ToolContext`; the others are the model's, with their types.

    Args:
        name: by which models call it.
        seconds: after which a call has failed.
        changes: whether it changes the world.
    """

    def make(function: Callable[..., Awaitable[Any]]) -> Tool:
        hints = get_type_hints(function, include_extras=True)
        _, *parameters = inspect.signature(function).parameters.values()
        fields: dict[str, Any] = {
            one.name: (hints[one.name], ... if one.default is inspect.Parameter.empty else one.default)
            for one in parameters
        }
        arguments = create_model(f"{name}Arguments", __config__=ConfigDict(extra="forbid"), **fields)
        schema = arguments.model_json_schema()
        schema.pop("title", None)
        return Tool(
            name,
            inspect.cleandoc(function.__doc__ or ""),
            schema,
            seconds,
            changes,
            arguments,
            function,
            TypeAdapter(hints["return"]),
        )

    return make


def _told(error: ValidationError) -> str:
    """What is wrong with arguments, for a model that shall write better ones."""
    wrong = "; ".join(
        f"{'.'.join(str(step) for step in one['loc']) or 'arguments'}: {one['msg']}"
        for one in error.errors()[:5]
    )
    return f"The arguments do not fit. {wrong}. Call the tool again with arguments that do."

"""Tools: typed functions that models may call, and what they are told about where they are called."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from steward.kernel import runtime
from steward.kernel.ids import id_of
from steward.kernel.work import Actor, Work

DEFAULT_SECONDS: Final = 30.0

Approval = Literal["never", "always"]
Place = Literal["server", "client", "person"]
"""Where a call is carried out: here, by the program that asked for the turn, or by a person who answers."""


class ToolRetry(Exception):
    """The tool could not do this, and the model can do better: the sentence says how."""


@dataclass(slots=True)
class ToolContext:
    """Where a tool is called. Who acts comes from here and never from the model's arguments.

    Attributes:
        run_id: of the turn; with `call_id` it is the key by which a call that runs twice acts once.
        collection_ids: the documents that the turn is bound to; None for all that chats look into.
        cite: numbers passages that the tool found, so that the answer can cite them.
        tell: shows whoever waits a sentence on what the tool is doing just now.
    """

    actor: Actor
    run_id: str
    thread_id: str
    call_id: str
    collection_ids: list[str] | None = None
    cite: Callable[[Sequence[Any]], list[Any]] = field(default=lambda found: list(found))
    tell: Callable[[str], None] = field(default=lambda sentence: None)

    def new_id(self, prefix: str) -> str:
        """An id for something that the call makes: the same one when the call runs again, so that it is made once."""
        return id_of(prefix, self.actor.workspace_id, self.key)

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
        changes: whether it changes the world.
        approval: whether a person is asked before a call, when the workspace has no rule of its own.
        place: where a call is carried out.
        repeats: whether a call that was interrupted may run again, because it acts once under its key. One that may
            not has failed when the server dies in the middle of it.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    seconds: float = DEFAULT_SECONDS
    changes: bool = False
    approval: Approval = "never"
    place: Place = "server"
    repeats: bool = True
    _arguments: type[BaseModel] | None = None
    _function: Callable[..., Awaitable[Any]] | None = None
    _result: TypeAdapter[Any] | None = None

    @classmethod
    def of_schema(
        cls,
        name: str,
        description: str,
        parameters: dict[str, Any],
        function: Callable[[ToolContext, dict[str, Any]], Awaitable[Any]] | None,
        **options: Any,
    ) -> Tool:
        """A tool whose arguments are known by their JSON Schema only; whoever carries it out checks them.

        Args:
            name: by which models call it.
            description: models read it.
            parameters: JSON Schema of the arguments.
            function: gets the arguments as the model wrote them, and returns JSON values; None when it is carried
                out elsewhere.
            options: the other attributes of a tool.
        """
        return cls(name, description, parameters, _function=function, **options)

    def read(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments with their types.

        Raises:
            ToolRetry: they do not fit.
        """
        if self._arguments is None:
            return arguments
        try:
            read = self._arguments.model_validate(arguments)
        except ValidationError as error:
            raise ToolRetry(_told(error)) from error
        return {name: getattr(read, name) for name in type(read).model_fields}

    async def call(self, context: ToolContext, arguments: dict[str, Any]) -> Any:
        """Call it.

        Returns: JSON values.

        Raises:
            ToolRetry: the arguments do not fit, or the tool says how to do better.
            Refusal: what the rooms refuse.
        """
        assert self._function is not None, "whoever carries it out is elsewhere"
        read = self.read(arguments)
        if self._result is None:
            return await self._function(context, read)
        return self._result.dump_python(await self._function(context, **read), mode="json")


def tool(
    name: str,
    *,
    seconds: float = DEFAULT_SECONDS,
    changes: bool = False,
    approval: Approval | None = None,
    place: Place = "server",
    repeats: bool = True,
) -> Callable[[Callable[..., Awaitable[Any]]], Tool]:
    """Make a function a tool. Its first argument is the `ToolContext`; the others are the model's, with their types.

    Args:
        name: by which models call it.
        seconds: after which a call has failed.
        changes: whether it changes the world.
        approval: whether a person is asked first; always when it changes the world, unless it says never.
        place: where a call is carried out.
        repeats: whether a call that was interrupted may run again; see `Tool`.
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
            approval or ("always" if changes else "never"),
            place,
            repeats,
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

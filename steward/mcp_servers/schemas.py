"""What crosses the native door of MCP servers. Secrets go in; only their names come out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from steward.kernel.pages import CleanText

Approval: TypeAlias = Literal["never", "always"]

# What loaders, shells and interpreters read: with these an allowed program would run whatever somebody likes.
_STEERING: Final = re.compile(
    r"(LD_|DYLD_|PYTHON|NODE_|PERL|RUBY|GEM_|BASH|JAVA_|JDK_|_JAVA|DOTNET_|NPM_|GIT_|PROMPT_).*"
    r"|PATH|ENV|SHELL|IFS|PS4|HOME|TMPDIR|GCONV_PATH|ELECTRON_RUN_AS_NODE|CLASSPATH",
    re.IGNORECASE,
)
# The protocol's and the connection's own.
_RESERVED_HEADERS: Final = re.compile(
    r"(mcp-|proxy-).*|host|connection|content-.*|accept.*|transfer-encoding|te|trailer|upgrade|last-event-id|expect",
    re.IGNORECASE,
)


def _harmless(name: str) -> str:
    if _STEERING.fullmatch(name):
        raise ValueError(f"the variable {name} would change how programs run; it cannot be set here")
    return name


def _free(name: str) -> str:
    if _RESERVED_HEADERS.fullmatch(name):
        raise ValueError(f"the header {name} belongs to the protocol; it cannot be set here")
    return name


def _one_line(secret: SecretStr) -> SecretStr:
    if re.search("[\x00\r\n]", secret.get_secret_value()):
        raise ValueError("a secret may not hold NUL or a new line")
    return secret


ServerName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$", max_length=24),
    Field(description="Stands in front of its tools' names.", examples=["tickets"]),
]
_Secret = Annotated[SecretStr, Field(max_length=8_000), AfterValidator(_one_line)]
_Header = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"), AfterValidator(_free)
]
_Variable = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"), AfterValidator(_harmless)
]
_Headers = Annotated[
    dict[_Header, _Secret],
    Field(max_length=20, description="Sent with every request over HTTP; kept sealed and never shown again."),
]
_Environment = Annotated[
    dict[_Variable, _Secret],
    Field(max_length=20, description="Given to the program; kept sealed and never shown again."),
]
_Argument = Annotated[CleanText, Field(max_length=2_000)]
_ToolName = Annotated[CleanText, Field(min_length=1, max_length=256)]
_Approvals = Annotated[
    dict[_ToolName, Approval],
    Field(
        max_length=512,
        description="By the server's own name of a tool; a person is asked unless this says never.",
    ),
]
_AllowedTools = Annotated[
    list[_ToolName],
    Field(max_length=512, description="The server's own names of the tools that are offered; null for all."),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ServerCreate(_Body):
    """An MCP server: an address that speaks streamable HTTP, or a program that the operator allows."""

    name: ServerName
    transport: Literal["http", "stdio"]
    url: Annotated[CleanText, Field(max_length=2_000)] | None = None
    command: Annotated[CleanText, Field(max_length=500, description="Full path of the program.")] | None = (
        None
    )
    arguments: Annotated[list[_Argument], Field(max_length=50)] = []
    headers: _Headers = {}
    environment: _Environment = {}
    is_enabled: bool = True
    allowed_tools: _AllowedTools | None = None
    approvals: _Approvals = {}


class ServerChange(_Body):
    """What shall be different; new headers or variables take the place of all the old ones."""

    name: ServerName | None = None
    url: Annotated[CleanText, Field(max_length=2_000)] | None = None
    command: Annotated[CleanText, Field(max_length=500)] | None = None
    arguments: Annotated[list[_Argument], Field(max_length=50)] | None = None
    headers: _Headers | None = None
    environment: _Environment | None = None
    is_enabled: bool | None = None
    allowed_tools: _AllowedTools | None = None
    approvals: _Approvals | None = None


class ServerTool(BaseModel):
    """A tool of a server, as models see it."""

    name: str
    remote_name: str
    description: str
    is_read_only: bool = Field(description="What the server says of it; nobody has checked.")
    is_offered: bool
    approval: Approval


class ServerRead(BaseModel):
    """An MCP server and what it offered when it was last checked."""

    id: str
    name: str
    transport: Literal["http", "stdio"]
    url: str | None
    command: str | None
    arguments: list[str]
    secret_names: list[str] = Field(description="Names of its headers or variables; their values are sealed.")
    is_enabled: bool
    tools: list[ServerTool]
    fetched_at: datetime | None = Field(description="When its tools were read; null until it is checked.")
    last_seen_at: datetime | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime


class ServerPage(BaseModel):
    """The workspace's MCP servers, by name."""

    items: list[ServerRead]


class ServerChecked(BaseModel):
    """What a check found. With an error the tools of the last check stay."""

    ok: bool
    error: str | None
    left_out: int = Field(
        description="Tools that cannot be offered: no usable schema, the same name, too many."
    )
    asked_again: list[str] = Field(
        description="Tools that changed since somebody allowed them without a question; a person is asked again."
    )
    server: ServerRead

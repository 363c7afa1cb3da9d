"""Blobs: the contents of files, once per workspace, and what every storage of them can do."""

from __future__ import annotations

import errno
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from steward.files.errors import FileGone, StorageFull

PIECE_BYTES: Final = 2**20
_PATH: Final = re.compile(r"([A-Za-z0-9_-]+)/[0-9a-f]{2}/([0-9a-f]{64})")
# The disk is full, the quota is, or the file system takes no larger file.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Blob:
    """A content of a workspace, named by its SHA-256.

    Two workspaces never share one: whether an upload was quick, or a delete freed room, tells nothing of the other.
    """

    workspace_id: str
    sha256: str

    def __post_init__(self) -> None:
        if _PATH.fullmatch(self.path) is None:
            raise ValueError("neither id nor hash has such characters")

    @property
    def path(self) -> str:
        """Its place in the storage, relative and with slashes."""
        return f"{self.workspace_id}/{self.sha256[:2]}/{self.sha256}"

    @classmethod
    def of_path(cls, path: str) -> Blob | None:
        """The blob of this place, or None when the place is none of ours."""
        match = _PATH.fullmatch(path)
        blob = match and cls(match[1], match[2])
        return blob if blob and blob.path == path else None


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob that lies in a storage, and since when."""

    blob: Blob
    since: datetime


class Storage(ABC):
    """Keeps blobs. `incoming` is the folder for what is on its way in or out.

    Every verb refuses with `Unavailable` when the storage does not answer.
    """

    def __init__(self, incoming: Path) -> None:
        self.incoming = incoming

    def new_incoming(self) -> Path:
        """A new name in `incoming`, whose folder is there then. Blocks."""
        # What people upload is for this program alone.
        self.incoming.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.incoming.mkdir(mode=0o700, exist_ok=True)
        return self.incoming / secrets.token_hex(16)

    async def send_ahead(self, blob: Blob, source: Path) -> None:  # noqa: B027  # most storages need no head start
        """Do what takes long before `keep` is called under a lock; the blob may be forgotten again in between."""

    @abstractmethod
    async def keep(self, blob: Blob, source: Path) -> None:
        """Have the blob lie in the storage, whole and for good. The source, a file in `incoming`, may be used up.

        Raises:
            StorageFull: there is no room.
        """

    @abstractmethod
    async def ensure_kept(self, blob: Blob) -> None:
        """Refuse when the blob does not lie here.

        Raises:
            FileGone: it does not.
        """

    @abstractmethod
    def read(self, blob: Blob) -> AsyncGenerator[bytes]:
        """The content in pieces.

        Raises:
            FileGone: with the first piece.
        """

    @abstractmethod
    def local(self, blob: Blob) -> AbstractAsyncContextManager[Path]:
        """The content as a file of this machine, which must not be changed.

        Raises:
            FileGone: the blob does not lie here.
        """

    @abstractmethod
    async def forget(self, blob: Blob) -> None:
        """Remove the blob; silent when it is gone already."""

    @abstractmethod
    def all(self) -> AsyncGenerator[list[Kept]]:
        """Everything that is kept, in batches; what else lies there is left out."""


def gone() -> FileGone:
    """The refusal for a row whose content is lost."""
    return FileGone("The content of this file is not in the storage any more; upload it again.")


@contextmanager
def full_told() -> Generator[None]:
    """Tell a full disk as the refusal."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull("There is no room for the file on the server; ask an administrator.") from error

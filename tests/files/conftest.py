"""What tests of files have: a storage of their own, of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from steward.files.blobs import Storage
from steward.files.s3_storage import S3Storage
from steward.files.storage import FolderStorage
from steward.kernel.ids import new_id
from tests.support.s3_server import S3Server, s3_server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Generator[S3Server]:
    """A server that speaks S3."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of a test's own: a folder, and again one that speaks S3."""
    if request.param == "folder":
        return FolderStorage(tmp_path / "files")
    server: S3Server = request.getfixturevalue("s3")
    return S3Storage(server.settings(new_id("prefix")), tmp_path / "files/.incoming")


async def in_pieces(content: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    """A content as it comes from a client."""
    for start in range(0, len(content), size):
        yield content[start : start + size]

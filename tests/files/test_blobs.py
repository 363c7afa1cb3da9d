from __future__ import annotations

import pytest

from steward.files.blobs import Blob


def test_a_blob_has_one_place() -> None:
    blob = Blob("ws_1", "ab" * 32)
    assert blob.path == f"ws_1/ab/{'ab' * 32}"
    assert Blob.of_path(blob.path) == blob


@pytest.mark.parametrize("workspace_id", ["", "..", "a/b", "ws\0", "ws 1", "ws_1/../ws_2"])
def test_a_blob_has_no_other_place(workspace_id: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        Blob(workspace_id, "0" * 64)


@pytest.mark.parametrize("sha256", ["", "0" * 63, "0" * 65, "A" * 64, "../" + "0" * 61])
def test_a_blob_is_named_by_a_hash(sha256: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        Blob("ws_1", sha256)


@pytest.mark.parametrize("path", ["ws_1/aa/" + "b" * 64, "ws_1/" + "a" * 64, ".incoming/aa/" + "a" * 64, ""])
def test_what_is_no_blob_is_not_taken_for_one(path: str) -> None:
    assert Blob.of_path(path) is None

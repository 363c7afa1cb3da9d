"""What the description says of this door's bodies is what the official client may send, and every operation has one."""

from __future__ import annotations

import typing
from typing import Any, Final

import msgspec
import pytest
from fastapi.routing import APIRoute
from openai.types import vector_store_create_params, vector_store_search_params, vector_store_update_params
from openai.types.beta import (
    assistant_create_params,
    assistant_update_params,
    thread_create_and_run_params,
    thread_create_params,
    thread_update_params,
)
from openai.types.beta.threads import (
    message_create_params,
    message_update_params,
    run_create_params,
    run_submit_tool_outputs_params,
    run_update_params,
)
from openai.types.vector_stores import file_batch_create_params, file_create_params, file_update_params

from steward.doors.openai import (
    assistants,
    conversations,
    described,
    file_batches,
    files,
    messages,
    responses,
    routes,
    runs,
    threads,
    vector_store_files,
    vector_stores,
)

ROUTERS: Final = [
    module.router
    for module in (
        assistants, conversations, file_batches, files, messages, responses, routes, runs, threads,
        vector_store_files, vector_stores,
    )
]  # fmt: skip
CLIENT: Final[dict[str, Any]] = {
    "create_assistant": assistant_create_params.AssistantCreateParams,
    "change_openai_assistant": assistant_update_params.AssistantUpdateParams,
    "create_openai_thread": thread_create_params.ThreadCreateParams,
    "change_openai_thread": thread_update_params.ThreadUpdateParams,
    "create_message": message_create_params.MessageCreateParams,
    "change_message": message_update_params.MessageUpdateParams,
    "create_thread_and_run": thread_create_and_run_params.ThreadCreateAndRunParamsStreaming,
    "create_run": run_create_params.RunCreateParamsStreaming,
    "update_run": run_update_params.RunUpdateParams,
    "submit_tool_outputs": run_submit_tool_outputs_params.RunSubmitToolOutputsParamsStreaming,
    "create_vector_store": vector_store_create_params.VectorStoreCreateParams,
    "change_vector_store": vector_store_update_params.VectorStoreUpdateParams,
    "search_vector_store": vector_store_search_params.VectorStoreSearchParams,
    "create_vector_store_file": file_create_params.FileCreateParams,
    "change_vector_store_file": file_update_params.FileUpdateParams,
    "create_file_batch": file_batch_create_params.FileBatchCreateParams,
}
BESIDE_THE_BODY: Final = {"include", "thread_id", "vector_store_id"}


@pytest.mark.parametrize("operation", CLIENT)
def test_every_field_of_the_official_client_is_described(operation: str) -> None:
    fields = set(typing.get_type_hints(CLIENT[operation])) - BESIDE_THE_BODY
    schema = described.schema_of(described.BODIES[operation])
    assert fields - set(schema["properties"]) == set()
    assert "$ref" not in str(schema)


def test_every_operation_that_changes_something_has_its_body() -> None:
    operations = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    changing = {route.name for route in operations if "POST" in (route.methods or ())}
    # Files come as forms, which their own route describes.
    assert changing - {"create_openai_file"} == set(described.BODIES) | described.WITHOUT_BODY


def test_describing_twice_changes_nothing() -> None:
    described.describe(runs.router)
    first = [getattr(route, "openapi_extra", None) for route in runs.router.routes]
    described.describe(runs.router)
    assert [getattr(route, "openapi_extra", None) for route in runs.router.routes] == first


def test_the_form_of_an_upload_stays_described() -> None:
    described.describe(files.router)
    (upload,) = [route for route in files.router.routes if getattr(route, "name", "") == "create_openai_file"]
    assert isinstance(upload, APIRoute)
    assert upload.openapi_extra is not None
    assert "multipart/form-data" in upload.openapi_extra["requestBody"]["content"]


def test_what_is_read_by_its_shape_is_described_by_it() -> None:
    for shape in described.BODIES.values():
        assert issubclass(shape, msgspec.Struct)
        assert shape.__doc__

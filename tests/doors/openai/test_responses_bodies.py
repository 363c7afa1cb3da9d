"""The shapes in the description of the interface, held against the types of the official client."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from openai.types.conversations.conversation_create_params import ConversationCreateParams
from openai.types.conversations.conversation_update_params import ConversationUpdateParams
from openai.types.conversations.item_create_params import ItemCreateParams
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from steward.doors.openai import response_bodies as bodies


@pytest.mark.parametrize(
    ("shape", "official"),
    [
        (bodies.ResponseBody, ResponseCreateParamsStreaming),
        (bodies.ConversationBody, ConversationCreateParams),
        (bodies.ConversationChangeBody, ConversationUpdateParams),
        (bodies.ItemsBody, ItemCreateParams),
    ],
    ids=lambda value: value.__name__,
)
def test_every_field_is_one_of_the_official_client(shape: Any, official: Any) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(shape)}
    assert fields <= official.__required_keys__ | official.__optional_keys__
    assert msgspec.json.schema(shape)["$defs"]

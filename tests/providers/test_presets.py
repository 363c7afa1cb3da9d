"""Every preset of the catalogue speaks through its own wire to a host that answers as that wire's provider does."""

from __future__ import annotations

from contextlib import aclosing

import aiohttp
import pytest

from steward.kernel.ids import new_id
from steward.kernel.settings import CustomProvider, Limits
from steward.providers.catalogue import PROVIDERS, Provider
from steward.providers.events import Finish, ProviderEvent, TextDelta, ToolCall, Usage
from steward.providers.service import Models, Resolved
from steward.providers.wire import ModelRequest, OutputSchema, PromptMessage, ToolSpec
from tests.providers.own_settings import own_settings
from tests.support.scripted_provider import ScriptedProvider

_FIND = ToolSpec("find", "Finds things.", {"type": "object", "properties": {"q": {"type": "string"}}})


def resolved(provider: Provider, host: ScriptedProvider) -> Resolved:
    """The preset, with the scripted host in the place of its own."""
    path = {"azure": "", "google": "/v1beta"}.get(provider.name, "/v1")
    variables = {provider.key_variable: "sk-1"} if provider.key_variable else {}
    assert provider.url_variable is not None
    variables[provider.url_variable] = host.root_url + path
    return Models(own_settings(**variables)).resolve(f"{provider.name}/{_model(provider)}")


def _model(provider: Provider) -> str:
    return provider.models[0] if provider.models else "own-deployment"


async def answer(found: Resolved, request: ModelRequest) -> list[ProviderEvent]:
    async with aiohttp.ClientSession() as http:
        events = found.wire.stream(http, found.endpoint, request, Limits())
        async with aclosing(events) as batches:
            return [event async for batch in batches for event in batch]


PRESETS = [provider for provider in PROVIDERS if provider.url_variable is not None]


def test_the_presets_that_people_ask_for_are_among_them() -> None:
    names = {provider.name for provider in PRESETS}
    assert {"deepseek", "mistral", "groq", "xai", "azure", "cohere"} <= names


@pytest.mark.req("PROV-04")
@pytest.mark.req("PROV-05")
@pytest.mark.req("PROV-06")
@pytest.mark.req("PROV-07")
@pytest.mark.req("PROV-08")
@pytest.mark.req("PROV-09")
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
async def test_a_preset_streams_an_answer_and_its_usage(preset: Provider, provider: ScriptedProvider) -> None:
    word = new_id("word")
    request = ModelRequest(
        [
            PromptMessage.of_text("system", "Be brief."),
            PromptMessage.of_text("user", f"{word} {{{{reply:Good day to you.}}}}"),
        ],
        temperature=0.5,
        max_tokens=100,
        seed=7,
        tools=[_FIND],
        parallel_tool_calls=True,
    )
    events = await answer(resolved(preset, provider), request)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Good day to you."
    counted = [event.output_tokens for event in events if isinstance(event, Usage)]
    # Those hosts count without being asked, which this one does not.
    assert counted == ([] if "stream_options" in preset.quirks.lacks else [4])
    assert events[-1] == Finish("stop")
    (record,) = [record for record in provider.requests if word in record.said]
    assert record.key == ("sk-1" if preset.key_variable else None)
    assert record.model in (_model(preset), f"models/{_model(preset)}")
    for field in ("stream_options", "seed", "parallel_tool_calls"):
        if field in preset.quirks.lacks:
            assert field not in record.body


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
async def test_a_preset_calls_tools(preset: Provider, provider: ScriptedProvider) -> None:
    request = ModelRequest(
        [PromptMessage.of_text("user", '{{tool:find:{"q": "tea"}}}')], max_tokens=100, tools=[_FIND]
    )
    events = await answer(resolved(preset, provider), request)
    (call,) = [event for event in events if isinstance(event, ToolCall)]
    assert (call.name, call.input) == ("find", {"q": "tea"})
    assert events[-1] == Finish("tool_calls")


@pytest.mark.req("PROV-10")
async def test_a_provider_of_the_settings_streams(provider: ScriptedProvider) -> None:
    custom = CustomProvider(base_url=provider.base_url, key_variable="ACME_API_KEY")
    found = Models(own_settings({"providers": {"acme": custom}}, ACME_API_KEY="sk-acme")).resolve("acme/any")
    schema = OutputSchema("answer", {"type": "object", "properties": {}, "additionalProperties": False})
    events = await answer(found, ModelRequest([PromptMessage.of_text("user", "Who?")], output=schema))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "{}"
    assert provider.requests[-1].key == "sk-acme"

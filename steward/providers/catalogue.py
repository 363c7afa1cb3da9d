"""The catalogue: every provider in one table. Adding one is adding its lines here; docs/providers.md follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from steward.providers.anthropic_messages import AnthropicMessages
from steward.providers.gemini import Gemini
from steward.providers.librarian import Librarian
from steward.providers.long_tail import LongTail
from steward.providers.openai_chat import OpenAIChat
from steward.providers.openai_responses import OpenAIResponses
from steward.providers.wire import PLAIN, Quirks, Wire

Tier = Literal["fast", "balanced", "powerful"]
TIERS: Final[tuple[Tier, ...]] = ("fast", "balanced", "powerful")
Ability = Literal["tools", "images", "files", "json_schema", "reasoning"]


@dataclass(frozen=True, slots=True)
class Tiers:
    """A provider's model for each tier; an empty one is answered by the next that is there."""

    fast: str = ""
    balanced: str = ""
    powerful: str = ""

    def of(self, tier: Tier) -> str | None:
        """The model of a tier, or of its nearest neighbour; None when no tier is known."""
        return getattr(self, tier) or self.balanced or self.fast or self.powerful or None


@dataclass(frozen=True, slots=True)
class Provider:
    """A host of models.

    Attributes:
        name: what stands before the slash of a model's name.
        title: what people read.
        wire: the protocol that it speaks.
        base_url: where it answers; empty when only a variable can say.
        key_variable: the variable of the environment that holds its key; None for hosts without keys.
        url_variable: the variable that names another address.
        models: what is offered; every other model of the host can be named too.
        tiers: which of them are fast, balanced, powerful.
        claims: beginnings of bare model names that go here.
        quirks: how it differs from its wire.
        version_variable: the variable that names the version in the query, and the version when it is not set.
        abilities: what its models can do; `abilities_of` knows the exceptions.
        price_id: its name in the price data, when it is another.
        is_free: its calls cost nothing.
        is_listed: whether its models are offered in lists.
        extra: the optional extra of this package that it needs; it is configured when that is installed.
    """

    name: str
    title: str
    wire: Wire
    base_url: str
    key_variable: str | None
    models: tuple[str, ...] = ()
    tiers: Tiers = Tiers()
    url_variable: str | None = None
    claims: tuple[str, ...] = ()
    quirks: Quirks = PLAIN
    version_variable: tuple[str, str] | None = None
    abilities: frozenset[Ability] = frozenset({"tools", "json_schema"})
    price_id: str | None = None
    is_free: bool = False
    is_listed: bool = True
    extra: str | None = None


CHAT: Final = OpenAIChat()
RESPONSES: Final = OpenAIResponses()
ANTHROPIC: Final = AnthropicMessages()
GEMINI: Final = Gemini()
WIRES: Final[dict[str, Wire]] = {
    "openai_chat": CHAT,
    "openai_responses": RESPONSES,
    "anthropic_messages": ANTHROPIC,
    "gemini": GEMINI,
}
_ALL: Final[frozenset[Ability]] = frozenset({"tools", "images", "files", "json_schema", "reasoning"})
_OPENAI_MODELS: Final = (
    "gpt-4o-mini",
    "gpt-4o",
    "gpt-4-turbo",
    "gpt-4",
    "gpt-4.1",
    "gpt-4.1-mini",
    "o4-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-6-luna",
    "gpt-6-sol",
    "gpt-6.1-sol",
)
_OPENAI_TIERS: Final = Tiers("gpt-4o-mini", "gpt-4o", "gpt-6.1-sol")

LIBRARIAN: Final = Provider(
    "steward",
    "Steward",
    Librarian(),
    "",
    None,
    ("librarian",),
    abilities=frozenset({"tools"}),  # by commands
    is_free=True,
)

PROVIDERS: Final[tuple[Provider, ...]] = (
    Provider(
        "openai",
        "OpenAI",
        CHAT,
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        _OPENAI_MODELS,
        _OPENAI_TIERS,
        url_variable="OPENAI_BASE_URL",
        claims=("gpt-", "o1", "o3", "o4", "chatgpt-"),
        abilities=_ALL,
    ),
    Provider(
        "openai-responses",
        "OpenAI (Responses)",
        RESPONSES,
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        _OPENAI_MODELS,
        _OPENAI_TIERS,
        url_variable="OPENAI_BASE_URL",
        abilities=_ALL,
        price_id="openai",
        # The same models as above: offered once.
        is_listed=False,
    ),
    Provider(
        "anthropic",
        "Anthropic",
        ANTHROPIC,
        "https://api.anthropic.com/v1",
        "ANTHROPIC_API_KEY",
        (
            "claude-sonnet-5-5",
            "claude-opus-5-5",
            "claude-haiku-5-5",
            "claude-sonnet-4-5",
            "claude-3-opus-latest",
            "claude-3-sonnet",
            "claude-3-haiku-20240307",
        ),
        Tiers("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"),
        url_variable="ANTHROPIC_BASE_URL",
        claims=("claude-",),
        abilities=_ALL,
    ),
    Provider(
        "google",
        "Google",
        GEMINI,
        "https://generativelanguage.googleapis.com/v1beta",
        "GOOGLE_GENERATIVE_AI_API_KEY",
        ("gemini-3.8-flash", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-1.5-pro", "gemini-1.5-flash"),
        Tiers("gemini-3.5-flash-lite", "gemini-3.8-flash", "gemini-2.5-pro"),
        url_variable="GOOGLE_GENERATIVE_AI_BASE_URL",
        claims=("gemini-", "gemma-"),
        abilities=_ALL,
    ),
    Provider(
        "azure",
        "Azure OpenAI",
        CHAT,
        "",
        "AZURE_OPENAI_API_KEY",
        url_variable="AZURE_OPENAI_ENDPOINT",
        quirks=Quirks(key_header="api-key", path="/openai/deployments/{model}/chat/completions"),
        version_variable=("AZURE_OPENAI_API_VERSION", "2024-10-21"),
        abilities=_ALL,
    ),
    Provider(
        "mistral",
        "Mistral",
        CHAT,
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        ("mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "codestral-latest"),
        Tiers("mistral-small-latest", "mistral-medium-latest", "mistral-large-latest"),
        url_variable="MISTRAL_BASE_URL",
        claims=("mistral-", "codestral-", "ministral-", "magistral-"),
        # Its own name for the seed; and it counts without being asked to.
        quirks=Quirks(lacks=frozenset({"stream_options", "seed"})),
        abilities=frozenset({"tools", "images", "json_schema"}),
    ),
    Provider(
        "groq",
        "Groq",
        CHAT,
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        ("llama-3.3-70b-versatile", "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
        Tiers("openai/gpt-oss-20b", "llama-3.3-70b-versatile", "openai/gpt-oss-120b"),
        url_variable="GROQ_BASE_URL",
    ),
    Provider(
        "deepseek",
        "DeepSeek",
        CHAT,
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        ("deepseek-chat", "deepseek-reasoner"),
        Tiers("deepseek-chat", "deepseek-chat", "deepseek-reasoner"),
        url_variable="DEEPSEEK_BASE_URL",
        claims=("deepseek-",),
        quirks=Quirks(lacks=frozenset({"json_schema", "parallel_tool_calls", "seed"})),
        abilities=frozenset({"tools", "reasoning"}),
    ),
    Provider(
        "xai",
        "xAI",
        CHAT,
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        ("grok-4.7", "grok-4.5", "grok-3-mini"),
        Tiers("grok-3-mini", "grok-4.5", "grok-4.7"),
        url_variable="XAI_BASE_URL",
        claims=("grok-",),
        abilities=frozenset({"tools", "images", "json_schema", "reasoning"}),
        price_id="x-ai",
    ),
    Provider(
        "cohere",
        "Cohere",
        CHAT,
        "https://api.cohere.ai/compatibility/v1",
        "COHERE_API_KEY",
        ("command-a", "command-r7b"),
        Tiers("command-r7b", "command-a", "command-a"),
        url_variable="COHERE_BASE_URL",
        claims=("command-",),
        quirks=Quirks(lacks=frozenset({"parallel_tool_calls"})),
    ),
    Provider(
        "together",
        "Together",
        CHAT,
        "https://api.together.xyz/v1",
        "TOGETHER_API_KEY",
        ("meta-llama/Llama-3.3-70B-Instruct-Turbo", "openai/gpt-oss-120b", "moonshotai/Kimi-K3"),
        Tiers("openai/gpt-oss-120b", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "moonshotai/Kimi-K3"),
        url_variable="TOGETHER_BASE_URL",
    ),
    Provider(
        "fireworks",
        "Fireworks",
        CHAT,
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        ("accounts/fireworks/models/gpt-oss-120b", "accounts/fireworks/models/kimi-k3"),
        Tiers(
            "accounts/fireworks/models/gpt-oss-20b",
            "accounts/fireworks/models/gpt-oss-120b",
            "accounts/fireworks/models/kimi-k3",
        ),
        url_variable="FIREWORKS_BASE_URL",
    ),
    Provider(
        "openrouter",
        "OpenRouter",
        CHAT,
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        ("openai/gpt-4o-mini", "anthropic/claude-sonnet-5.5", "meta-llama/llama-3.3-70b-instruct"),
        Tiers("openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-5.5"),
        url_variable="OPENROUTER_BASE_URL",
        abilities=frozenset({"tools", "images", "json_schema", "reasoning"}),
    ),
    Provider(
        "perplexity",
        "Perplexity",
        CHAT,
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        ("sonar", "sonar-pro", "sonar-reasoning-pro"),
        Tiers("sonar", "sonar-pro", "sonar-reasoning-pro"),
        url_variable="PERPLEXITY_BASE_URL",
        claims=("sonar",),
        quirks=Quirks(lacks=frozenset({"stream_options", "parallel_tool_calls", "seed"})),
        abilities=frozenset({"json_schema", "images"}),
    ),
    Provider(
        "cerebras",
        "Cerebras",
        CHAT,
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        ("gpt-oss-120b", "qwen-3.8-27b"),
        Tiers("qwen-3.8-27b", "gpt-oss-120b", "gpt-oss-120b"),
        url_variable="CEREBRAS_BASE_URL",
    ),
    Provider(
        "sambanova",
        "SambaNova",
        CHAT,
        "https://api.sambanova.ai/v1",
        "SAMBANOVA_API_KEY",
        ("Meta-Llama-3.3-70B-Instruct", "gpt-oss-120b"),
        Tiers("Meta-Llama-3.3-70B-Instruct", "Meta-Llama-3.3-70B-Instruct", "gpt-oss-120b"),
        url_variable="SAMBANOVA_BASE_URL",
    ),
    Provider(
        "nvidia",
        "NVIDIA",
        CHAT,
        "https://integrate.api.nvidia.com/v1",
        "NVIDIA_API_KEY",
        ("meta/llama-3.3-70b-instruct", "openai/gpt-oss-120b"),
        Tiers("meta/llama-3.3-70b-instruct", "meta/llama-3.3-70b-instruct", "openai/gpt-oss-120b"),
        url_variable="NVIDIA_BASE_URL",
        quirks=Quirks(lacks=frozenset({"parallel_tool_calls"})),
    ),
    Provider(
        "moonshot",
        "Moonshot",
        CHAT,
        "https://api.moonshot.ai/v1",
        "MOONSHOT_API_KEY",
        ("kimi-k3", "kimi-k2.6"),
        Tiers("kimi-k2.6", "kimi-k3", "kimi-k3"),
        url_variable="MOONSHOT_BASE_URL",
        claims=("kimi-", "moonshot-"),
        abilities=frozenset({"tools", "images", "json_schema", "reasoning"}),
        price_id="moonshotai",
    ),
    Provider(
        "alibaba",
        "Alibaba",
        CHAT,
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
        ("qwen-plus", "qwen-flash", "qwen3-max"),
        Tiers("qwen-flash", "qwen-plus", "qwen3-max"),
        url_variable="DASHSCOPE_BASE_URL",
        claims=("qwen",),
    ),
    Provider(
        "nebius",
        "Nebius",
        CHAT,
        "https://api.tokenfactory.nebius.com/v1",
        "NEBIUS_API_KEY",
        ("meta-llama/Llama-3.3-70B-Instruct", "openai/gpt-oss-120b"),
        Tiers("meta-llama/Llama-3.3-70B-Instruct", "openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        url_variable="NEBIUS_BASE_URL",
        price_id="huggingface_nebius",
    ),
    Provider(
        "huggingface",
        "Hugging Face",
        CHAT,
        "https://router.huggingface.co/v1",
        "HF_TOKEN",
        ("openai/gpt-oss-120b", "meta-llama/Llama-3.3-70B-Instruct"),
        Tiers("openai/gpt-oss-20b", "meta-llama/Llama-3.3-70B-Instruct", "openai/gpt-oss-120b"),
        url_variable="HF_BASE_URL",
        price_id="huggingface_together",
    ),
    Provider(
        "zai",
        "Z.ai",
        CHAT,
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        ("GLM-5.3", "GLM-5.3-Flash"),
        Tiers("GLM-5.3-Flash", "GLM-5.3", "GLM-5.3"),
        url_variable="ZAI_BASE_URL",
        claims=("GLM-", "glm-"),
        quirks=Quirks(lacks=frozenset({"json_schema", "parallel_tool_calls", "seed"})),
        abilities=frozenset({"tools", "reasoning"}),
    ),
    Provider(
        "novita",
        "Novita",
        CHAT,
        "https://api.novita.ai/openai/v1",
        "NOVITA_API_KEY",
        ("zai-org/glm-5.3", "zai-org/glm-5.3-flash"),
        Tiers("zai-org/glm-5.3-flash", "zai-org/glm-5.3", "zai-org/glm-5.3"),
        url_variable="NOVITA_BASE_URL",
    ),
    Provider(
        "ollama",
        "Ollama",
        CHAT,
        "",
        None,
        ("llama3.2",),
        Tiers("llama3.2", "llama3.2", "llama3.2"),
        url_variable="OLLAMA_BASE_URL",
        quirks=Quirks(lacks=frozenset({"parallel_tool_calls"})),
        is_free=True,
    ),
    Provider("vllm", "vLLM", CHAT, "", "VLLM_API_KEY", url_variable="VLLM_BASE_URL", is_free=True),
    Provider(
        "lmstudio",
        "LM Studio",
        CHAT,
        "",
        None,
        url_variable="LMSTUDIO_BASE_URL",
        quirks=Quirks(lacks=frozenset({"parallel_tool_calls"})),
        is_free=True,
    ),
    Provider(
        "pydantic-ai",
        "Pydantic AI",
        LongTail(),
        "",
        None,
        abilities=_ALL,
        # Its models have names such as bedrock:us.amazon.nova-lite-v1:0.
        is_listed=False,
        extra="pydantic-ai",
    ),
)

# Beginnings of models that cannot do what their provider's others can.
_BLIND: Final = ("gpt-4-0", "gpt-4-1106", "gpt-3.5", "o1-mini", "o3-mini", "codestral", "claude-2")
_THINKING: Final = (
    "o1",
    "o3",
    "o4",
    "gpt-5",
    "gpt-6",
    "claude-3-7",
    "claude-sonnet-",
    "claude-opus-",
    "claude-haiku-",
    "claude-fable-",
    "gemini-2.5",
    "gemini-3",
    "gemini-4",
    "deepseek-reasoner",
    "grok-",
    "kimi-k",
    "GLM-",
)


def abilities_of(provider: Provider, model: str) -> frozenset[Ability]:
    """What a model can do, as far as its provider and its name tell."""
    abilities = set(provider.abilities)
    if model == "gpt-4" or model.startswith(_BLIND):
        abilities -= {"images", "files"}
    if not model.rpartition("/")[2].startswith(_THINKING):
        abilities.discard("reasoning")
    return frozenset(abilities)

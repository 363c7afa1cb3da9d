"""What providers refuse, and how it is told: a public tag and sentence, never the provider's own body."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class LLMError(Refusal):
    """A model call failed. `cause` is for the log; `detail` is for people."""

    tag = "api_error"
    status = 502
    title = "The model did not answer"
    sentence = "The model's service is temporarily unavailable. Try again in a moment."

    def __init__(
        self, model: str, provider: str, cause: str = "", *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(
            self.sentence, retry_after_seconds=retry_after_seconds, model=model, provider=provider
        )
        self.model = model
        self.provider = provider
        self.cause = cause


class ProviderUnavailable(LLMError):
    """The provider answers 5xx, or cannot be reached."""


class ProviderRateLimited(LLMError):
    """The provider says: too many requests."""

    tag = "rate_limit_exceeded"
    status = 429
    title = "The model is busy"
    sentence = "The model gets too many requests just now. Please wait a moment, then try again."


class ProviderQuotaExhausted(LLMError):
    """The account at the provider has no money or quota left."""

    tag = "provider_quota_exhausted"
    status = 503
    title = "The provider account is used up"
    sentence = "The account at the model's provider is used up. Ask an administrator to check its billing."


class ContextTooLong(LLMError):
    """The conversation is longer than the model reads."""

    tag = "context_length_exceeded"
    status = 400
    title = "Too long for this model"
    sentence = "The message is too long for this model. Shorten it, or choose a model with a longer context."


class ProviderKeyRefused(LLMError):
    """The provider does not accept the key."""

    tag = "provider_key_refused"
    status = 503
    title = "The provider refused the key"
    sentence = "The model's provider refused the server's key. Ask an administrator to check it."


class ProviderRefused(LLMError):
    """The provider takes the request for wrong: an unknown model, a setting that the model does not have."""

    tag = "provider_refused"
    status = 400
    title = "The provider refused the request"
    sentence = "The model's provider refused the request. Check the model's name and the settings."


class ProviderTimeout(LLMError):
    """The provider was silent for longer than the limit."""

    tag = "provider_timeout"
    status = 504
    title = "The model took too long"
    sentence = "The model took too long to answer. Try again, or choose another model."


class ProviderBrokeOff(LLMError):
    """The provider's stream ended in the middle, or held something that is no answer."""

    tag = "provider_broke_off"
    status = 502
    title = "The answer broke off"
    sentence = "The model's answer broke off. What came so far is kept; try again."


class UnknownProvider(Refusal):
    """No configured provider has this model."""

    tag = "unknown_provider"
    status = 422
    title = "Unknown provider"

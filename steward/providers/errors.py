"""What providers refuse, and how it is told: a public tag and sentence, never the provider's own body."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class LLMError(Refusal):
    """A model call failed. `cause` is for the log; `detail` is for people."""

    tag = "api_error"
    status = 502
    title = "The model did not answer"
    remedy = "Try again in a moment, or choose another model."
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
    remedy = "Wait a moment, or as long as Retry-After says, then try again."
    sentence = "The model gets too many requests just now. Please wait a moment, then try again."


class ProviderQuotaExhausted(LLMError):
    """The account at the provider has no money or quota left."""

    tag = "provider_quota_exhausted"
    status = 503
    title = "The provider account is used up"
    remedy = "Ask an administrator to check the provider's billing, or choose another provider's model."
    sentence = "The account at the model's provider is used up. Ask an administrator to check its billing."


class ContextTooLong(LLMError):
    """The conversation is longer than the model reads."""

    tag = "context_length_exceeded"
    status = 400
    title = "Too long for this model"
    remedy = "Shorten the message, start a new conversation, or choose a model with a longer context."
    sentence = "The message is too long for this model. Shorten it, or choose a model with a longer context."


class ProviderKeyRefused(LLMError):
    """The provider does not accept the key."""

    tag = "provider_key_refused"
    status = 503
    title = "The provider refused the key"
    remedy = "Ask an administrator to check the provider's key, or choose another provider's model."
    sentence = "The model's provider refused the server's key. Ask an administrator to check it."


class ProviderRefused(LLMError):
    """The provider takes the request for wrong: an unknown model, a setting that the model does not have."""

    tag = "provider_refused"
    status = 400
    title = "The provider refused the request"
    remedy = "Check the model's name and the settings, then try again."
    sentence = "The model's provider refused the request. Check the model's name and the settings."


class ProviderTimeout(LLMError):
    """The provider was silent for longer than the limit."""

    tag = "provider_timeout"
    status = 504
    title = "The model took too long"
    remedy = "Try again, or choose a faster model."
    sentence = "The model took too long to answer. Try again, or choose another model."


class ProviderBrokeOff(LLMError):
    """The provider's stream ended in the middle, or held something that is no answer."""

    tag = "provider_broke_off"
    status = 502
    title = "The answer broke off"
    remedy = "Keep the part that came, and ask for the rest, or try again."
    sentence = "The model's answer broke off. What came so far is kept; try again."


class UnknownProvider(Refusal):
    """No configured provider has this model."""

    tag = "unknown_provider"
    status = 422
    title = "Unknown provider"
    remedy = "Choose a model from the list of models, or ask an administrator to add its provider's key."


class ModelNotAllowed(Refusal):
    """The workspace's list of allowed models does not hold this one."""

    tag = "model_not_allowed"
    status = 422
    title = "The model is not allowed here"
    remedy = "Choose a model that the workspace allows, or ask an administrator to allow this one."


class SecretKeyMissing(Refusal):
    """The server has no secret to seal provider keys with."""

    tag = "secret_key_missing"
    status = 503
    title = "Provider keys cannot be kept"
    remedy = "Ask the server's operator to set STEWARD_SECRET_KEY, then store the provider key again."


class SecretKeyWrong(Refusal):
    """A provider key was sealed with a secret that the server has not."""

    tag = "secret_key_wrong"
    status = 503
    title = "The provider key cannot be read"
    remedy = "Store the provider key again, or ask the server's operator for the old STEWARD_SECRET_KEY."

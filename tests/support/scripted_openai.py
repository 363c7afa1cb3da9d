"""What OpenAI's wires share in the scripted provider: keys, error bodies, and the schemas that strict mode takes.

Specification: OpenAI API reference, "Error codes" and "Structured outputs", as of 2026-11.
"""

import re

from aiohttp import web

from tests.support.scripted_reply import Body, Directives
from tests.support.scripted_schema import strict_fault
from tests.support.scripted_wire import Problem, Wire, bearer

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

# Code -> (status, type, message), as OpenAI words them.
_ERRORS: dict[str, tuple[int, str, str]] = {
    "context_length_exceeded": (
        400,
        "invalid_request_error",
        "This model's maximum context length is 128000 tokens. Your messages resulted in 130000 tokens.",
    ),
    "rate_limit_exceeded": (429, "requests", "Rate limit reached for requests. Please try again in 1s."),
    "insufficient_quota": (429, "insufficient_quota", "You exceeded your current quota."),
    "invalid_api_key": (401, "invalid_request_error", "Incorrect API key provided: sk-scripted."),
    "model_not_found": (
        404,
        "invalid_request_error",
        "The model does not exist or you do not have access to it.",
    ),
    "content_policy_violation": (
        400,
        "invalid_request_error",
        "Your request was rejected by our safety system.",
    ),
    "server_error": (500, "server_error", "The server had an error while processing your request."),
    "overloaded": (503, "server_error", "The engine is currently overloaded, please try again later"),
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


class OpenAIWire(Wire):
    """One of OpenAI's wires."""

    def key(self, request: web.Request) -> str | None:
        return bearer(request)

    def invalid(self, message: str, code: str | None = None, param: str | None = None) -> Problem:
        return Problem(400, "invalid_request_error", message, code, param)

    def wrong_key(self, key: str | None) -> Problem:
        if key is None:
            message = (
                "You didn't provide an API key. You need to provide your API key in an Authorization header."
            )
            return Problem(401, "invalid_request_error", message)
        masked = "*" * len(key) if len(key) < 12 else f"{key[:3]}{'*' * 8}{key[-4:]}"
        return Problem(
            401, "invalid_request_error", f"Incorrect API key provided: {masked}.", "invalid_api_key"
        )

    def failure(self, code: str | None, status: int | None) -> Problem:
        code = code or _CODES.get(status or 0, "server_error")
        refusal = (400, "invalid_request_error", f"The provider refuses: {code}.")
        standard, kind, message = _ERRORS.get(code, refusal)
        return Problem(status or standard, kind, message, code)

    def error_body(self, problem: Problem, directives: Directives | None = None) -> Body:
        names = {"type": problem.kind, "param": problem.param, "code": problem.code}
        return {"error": {"message": problem.message, **names}}

    def check_settings(self, body: Body, limit: str) -> None:
        """Refuse what a reasoning model does not take."""
        model = str(body.get("model", ""))
        if not model:
            raise self.deny("you must provide a model parameter", param="model")
        if not is_reasoning_model(model):
            return
        if body.get("temperature") not in (None, 1):
            message = "Unsupported value: 'temperature' does not support this value with this model."
            raise self.deny(message, "unsupported_value", "temperature")
        if body.get("max_tokens") is not None:
            message = f"Unsupported parameter: 'max_tokens' is not supported with this model. Use '{limit}' instead."
            raise self.deny(message, "unsupported_parameter", "max_tokens")

    def check_function(self, function: Body, place: str) -> None:
        """Refuse a tool that the API would refuse."""
        if not _NAME.fullmatch(str(function.get("name") or "")):
            message = f"Invalid '{place}.name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
            raise self.deny(message, "invalid_value", f"{place}.name")
        parameters: Body | None = function.get("parameters")
        if parameters is None:
            return
        fault = strict_fault(parameters, all_required=True) if function.get("strict") is True else None
        if parameters.get("type") != "object":
            fault = "schema must be a JSON Schema of 'type: \"object\"'."
        if fault:
            message = f"Invalid schema for function '{function['name']}': {fault}"
            raise self.deny(message, "invalid_function_parameters", f"{place}.parameters")

    def schema(self, answer_format: Body, place: str) -> Body | None:
        """The schema that the answer has to fit; empty for any JSON, None for text."""
        match answer_format.get("type", "text"):
            case "json_object":
                return {}
            case "json_schema":
                return self._named_schema(answer_format.get("json_schema") or answer_format, place)
            case _:
                return None

    def _named_schema(self, named: Body, place: str) -> Body:
        if not _NAME.fullmatch(str(named.get("name") or "")):
            message = f"Invalid '{place}.name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
            raise self.deny(message, "invalid_value", f"{place}.name")
        schema: Body | None = named.get("schema")
        if schema is None:
            raise self.deny(
                f"Missing required parameter: '{place}.schema'.", "missing_required_parameter", place
            )
        fault = strict_fault(schema, all_required=True) if named.get("strict") else None
        if fault:
            raise self.deny(
                f"Invalid schema for '{place}' '{named['name']}': {fault}", "invalid_json_schema", place
            )
        return schema


def is_reasoning_model(model: str) -> bool:
    """Whether a model takes `max_completion_tokens` and its own temperature only."""
    return model.startswith(("o1", "o3", "o4", "gpt-5")) and "chat" not in model

"""What runs refuse, and how a turn fails."""

from __future__ import annotations

from steward.agents.errors import AgentError
from steward.kernel.errors import Refusal


class RunNotLive(Refusal):
    """The run is over."""

    tag = "run_not_live"
    status = 409
    title = "The run is over"
    remedy = "Read the answer that is stored, or ask again."


class ThreadBusy(Refusal):
    """The thread has a live run, and whoever asks does not want to end it."""

    tag = "thread_busy"
    status = 409
    title = "The conversation is being answered"
    remedy = "Wait for the run that the detail names, or cancel it, then ask again."

    def __init__(self, thread_id: str, run_id: str) -> None:
        super().__init__(f"Thread {thread_id} already has an active run {run_id}.")


class RunExpired(Refusal):
    """The program that had to carry out a call did not answer in time."""

    tag = "run_expired"
    status = 504
    title = "The run expired"
    remedy = "Send in the outputs of calls before the run's time is over, or ask again."


class ActionDecided(Refusal):
    """The call does not wait any more."""

    tag = "action_decided"
    status = 409
    title = "This was decided already"
    remedy = "Read the action again to see how it was decided."


class ActionChanged(ActionDecided):
    """Somebody else changed the arguments since, so that an approval has to name them."""

    tag = "action_changed"
    title = "The arguments were changed"
    remedy = "Read the action again, and approve it together with the arguments that it has now."


class ActionNotYours(Refusal):
    """Another person has to decide."""

    tag = "action_not_yours"
    status = 403
    title = "Another person has to decide this"
    remedy = "Ask somebody with the role that the action names."


class ToolNeedsApproval(Refusal):
    """A rule asks for other people before this call is carried out."""

    tag = "tool_needs_approval"
    status = 403
    title = "The call needs the approval of others"
    remedy = "Ask for it in a conversation, where others can approve it."


class ToolDisallowed(Refusal):
    """A rule of the workspace, or a check of the server, forbids the call."""

    tag = "tool_disallowed"
    status = 403
    title = "The call is forbidden"
    remedy = "Change the arguments, or ask an administrator about the rule."


class ToolFailed(Refusal):
    """The tool could not do it."""

    tag = "tool_failed"
    status = 422
    title = "The tool could not do it"
    remedy = "Change the arguments as the sentence says, and call it again."


class RunTimeout(Refusal):
    """The turn took longer than the limit."""

    tag = "run_timeout"
    status = 504
    title = "The turn took too long"
    remedy = "Ask for less at once, or choose a faster model."


class RunInterrupted(Refusal):
    """The server stopped in the middle of the turn and could not go on with it."""

    tag = "run_interrupted"
    status = 503
    title = "The turn was interrupted"
    remedy = "Keep the part that came, and ask again for a whole answer."


class RunBroke(Refusal):
    """A bug ended the turn; the log has the cause."""

    tag = "run_failed"
    status = 500
    title = "The turn failed"
    remedy = "Try again, and give the run's id to an administrator if it happens again."


class TooManySteps(AgentError):
    """The model went on calling tools."""

    tag = "too_many_steps"
    status = 500
    title = "The turn had too many steps"
    remedy = "Ask for less at once, or in other words."
    sentence = "The model went on calling tools without an answer. Ask again in other words."


class TokensSpent(Refusal):
    """Whoever asked for the run has limited its tokens, and they are used up."""

    tag = "tokens_spent"
    status = 400
    title = "The run's tokens are used up"
    remedy = "Give the run more tokens, or ask for less."


class AnswerTokensSpent(TokensSpent):
    """All model calls of the run together have written as much as they may."""

    tag = "answer_tokens_spent"
    remedy = "Give the run more completion tokens, or ask for a shorter answer."


class PromptTokensSpent(TokensSpent):
    """What the model has to read does not fit into what is left."""

    tag = "prompt_tokens_spent"
    remedy = "Give the run more prompt tokens, or shorten the question."


class ObjectInvalid(Refusal):
    """No answer of the model fitted the schema."""

    tag = "object_invalid"
    status = 502
    title = "The model's answer does not fit the schema"
    remedy = "Try again, make the schema simpler, or choose another model."


class TooManyAttachments(Refusal):
    """A message brings more files than one may."""

    tag = "too_many_attachments"
    status = 422
    title = "Too many files"
    remedy = "Take some of the files away, and send them with another message."


class AttachmentTooLarge(Refusal):
    """A picture has more bytes than models take."""

    tag = "attachment_too_large"
    status = 413
    title = "The picture is too large"
    remedy = "Send a smaller picture, or take it away from the message."


class AttachmentUnreadable(Refusal):
    """A file is no picture that models look at, and gives no text either."""

    tag = "attachment_unreadable"
    status = 422
    title = "The file cannot be read"
    remedy = "Change the file as the detail says, or take it away, then send the message again."


class ImagesNotTaken(Refusal):
    """The message has pictures, and its model looks at none. Nothing was sent to it."""

    tag = "images_not_taken"
    status = 422
    title = "The model does not look at pictures"
    remedy = (
        "Choose a model whose abilities list images, or take the pictures away, then send the message again."
    )

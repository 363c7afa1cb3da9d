"""What identity refuses."""

from __future__ import annotations

from steward.kernel.errors import Forbidden, Refusal, Unauthorized


class SignInFailed(Refusal):
    """E-mail and password do not fit, the user is disabled, or is a member of no workspace."""

    tag = "sign_in_failed"
    status = 401
    title = "Sign-in failed"
    remedy = "Check the e-mail address and the password, or ask an administrator for a sign-in link."


class LinkUsedOrExpired(Refusal):
    """The one-time link was used before, ran out, or never was."""

    tag = "link_used_or_expired"
    status = 401
    title = "The sign-in link is no longer good"
    remedy = "Ask an administrator for a new sign-in link."


class CsrfMissing(Refusal):
    """A request with a session cookie changes something without the session's token."""

    tag = "csrf_token_missing"
    status = 403
    title = "The request did not come from our page"
    remedy = "Reload the page and try again, or send an API key instead of the cookie."


class EmailTaken(Refusal):
    """Another user has this e-mail address."""

    tag = "email_taken"
    status = 409
    title = "The e-mail address is taken"
    remedy = "Use another e-mail address, or the user who has this one."


class PasswordTooShort(Refusal):
    """A password has at least twelve characters."""

    tag = "password_too_short"
    status = 422
    title = "The password is too short"
    remedy = "Choose a password of at least twelve characters."


class EmbeddingOff(Forbidden):
    """The operator names no page that may embed the chat."""

    tag = "embedding_off"
    title = "Embedding is switched off"
    remedy = "Ask the operator to name the sites that may embed the chat in STEWARD_EMBED_ORIGINS."


class EmbedTokenInvalid(Unauthorized):
    """The embed token was not signed here, or what it was made with or for is gone."""

    tag = "embed_token_invalid"
    title = "The embed token is not good"
    remedy = "Ask for a new embed token, then send the request again."


class EmbedTokenExpired(Refusal):
    """The embed token was good, and has run out."""

    tag = "embed_token_expired"
    status = 401
    title = "The embed token has run out"
    remedy = "Ask for a new embed token, then send the request again."


class EmbedTokenChatsOnly(Forbidden):
    """An embed token chats, and does nothing else."""

    tag = "embed_token_chats_only"
    title = "An embed token only chats"
    remedy = "Send an API key from your server for anything but chatting."

"""What fetching from the web refuses."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class FetchForbiddenAddress(Refusal):
    """The address is none of the public internet, or leads to one that is not."""

    tag = "fetch_forbidden_address"
    status = 422
    title = "The address may not be fetched"
    remedy = "Use a public address of the web, or ask an administrator to allow the network."


class FetchNotFound(Refusal):
    """There is no page at the address."""

    tag = "fetch_not_found"
    status = 422
    title = "There is no such page"
    remedy = "Check the address in a browser, then try again."


class FetchTooLarge(Refusal):
    """The page has more bytes than the limit allows, packed or unpacked."""

    tag = "fetch_too_large"
    status = 422
    title = "The page is too large"
    remedy = "Use the address of a smaller page, or upload the file instead."


class FetchFailed(Refusal):
    """The page could not be fetched: its host did not answer, or not with a page."""

    tag = "fetch_failed"
    status = 502
    title = "The page could not be fetched"
    remedy = "Try again in a moment, or upload the page as a file."

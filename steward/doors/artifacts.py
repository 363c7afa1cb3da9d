"""The pages that show what a model wrote, HTML or a drawing: with an origin of their own, and without a network."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse

STILL_PATH: Final = "/artifact/still"
RUNNING_PATH: Final = "/artifact/running"

# Whom both pages listen to, and the one key that they hand on.
_TALK: Final = """
const fromTheApp = (event) => event.source === parent && event.origin === location.origin;
const handOnEscape = () =>
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) parent.postMessage("escape", location.origin);
  });
"""

# Scripts of the document never run here: the policy names this one alone. What could still look up a name or lead
# away by itself is taken out before the document is shown.
_STILL: Final = f"""{_TALK}
const ACTIVE = "script, link, base, meta[http-equiv], iframe, frame, frameset, object, embed, "
  + "animate[attributeName*=href i], set[attributeName*=href i]";
addEventListener("message", (event) => {{
  if (!fromTheApp(event)) return;
  const written = new DOMParser().parseFromString(String(event.data), "text/html");
  for (const element of written.querySelectorAll(ACTIVE)) element.remove();
  document.replaceChild(document.adoptNode(written.documentElement), document.documentElement);
}});
addEventListener("click", (event) => {{
  const link = event.composedPath().find((node) => node.localName === "a" || node.localName === "area");
  const address = link?.getAttribute("href") ?? link?.getAttributeNS("http://www.w3.org/1999/xlink", "href");
  // An address that an animation gives is none that can be read here.
  if (link && !address?.startsWith("#")) event.preventDefault();
}}, true);
handOnEscape();
"""

# Writing over the page takes its listeners away, so it hears one document and no more.
_RUNNING: Final = f"""{_TALK}
addEventListener("message", (event) => {{
  if (!fromTheApp(event)) return;
  document.open();
  document.write(String(event.data));
  document.close();
  handOnEscape();
}});
"""

_POLICY: Final = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "media-src data: blob:; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "script-src "
)

router = APIRouter(include_in_schema=False)


def security_headers() -> dict[str, list[tuple[bytes, bytes]]]:
    """What browsers allow the two pages, by address, in place of what they allow the app."""
    digest = base64.b64encode(hashlib.sha256(_STILL.encode()).digest()).decode()
    return {STILL_PATH: _headers(f"'sha256-{digest}'"), RUNNING_PATH: _headers("'unsafe-inline'")}


@router.api_route(STILL_PATH, methods=["GET", "HEAD"])
async def show_still_artifact() -> HTMLResponse:
    """The page that shows a document without running it."""
    return _page(_STILL)


@router.api_route(RUNNING_PATH, methods=["GET", "HEAD"])
async def show_running_artifact() -> HTMLResponse:
    """The page that a document takes over, with its scripts."""
    return _page(_RUNNING)


def _headers(scripts: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-security-policy", (_POLICY + scripts).encode()),
        # The policy knows nothing of WebRTC, nor of names that are looked up for a connection; this does.
        (b"connection-allowlist", b"()"),
        (b"x-dns-prefetch-control", b"off"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]


def _page(script: str) -> HTMLResponse:
    text = f"<!doctype html><meta charset=utf-8><title>Preview</title><script>{script}</script>"
    return HTMLResponse(text, headers={"cache-control": "public, max-age=300"})

"""A small client for the Brivara telemetry service: lists machines, reads shots, verifies webhooks.

Partners may copy this file into their own programs. It uses the standard library alone and runs on Python 3.11 and
newer. It is an example, not a product: there is no promise that its functions stay the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

BASE_ADDRESS = "https://telemetry.brivara.example/v2"
PAGE_ENTRIES = 200
REQUEST_SECONDS = 20.0
LONGEST_SPAN = timedelta(days=31)
OLDEST_SIGNATURE_SECONDS = 300

# The service asks for a pause with Retry-After. Without that header we wait this long, twice as long each time.
FIRST_PAUSE_SECONDS = 2.0
MOST_ATTEMPTS = 6
RETRY_STATUSES = (429, 503)


class TelemetryError(Exception):
    """The service said no; `code` is one of the words in the table of errors."""

    def __init__(self, status: int, code: str, request_id: str | None) -> None:
        super().__init__(f"{status} {code} (request {request_id or 'unknown'})")
        self.status = status
        self.code = code
        self.request_id = request_id


class TelemetryClient:
    """Speaks to the service with one key. Not safe to share between threads."""

    def __init__(self, key: str, base_address: str = BASE_ADDRESS) -> None:
        if not key.startswith("bvt_"):
            raise ValueError("a key of the telemetry service begins with bvt_")
        self.key = key
        self.base_address = base_address.rstrip("/")

    def machines(self, model: str | None = None) -> Iterator[dict]:
        """Every machine of the partner, page after page."""
        cursor: str | None = None
        while True:
            page = self._get("/machines", model=model, limit=PAGE_ENTRIES, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def shots(self, serial: str, start: datetime, end: datetime) -> Iterator[dict]:
        """The shots of one machine; a long span is cut into pieces that the service accepts."""
        while start < end:
            piece_end = min(start + LONGEST_SPAN, end)
            path = f"/machines/{urllib.parse.quote(serial)}/shots"
            page = self._get(path, **{"from": start.isoformat(), "to": piece_end.isoformat()})
            yield from page["items"]
            start = piece_end

    def late_shots(self, serial: str, received_after: datetime) -> list[dict]:
        """Shots that the service received after this moment, whenever they were brewed.

        Call it once an hour: a machine that lost its network sends up to 30 days of readings when it comes back.
        """
        path = f"/machines/{urllib.parse.quote(serial)}/shots"
        return self._get(path, received_after=received_after.isoformat())["items"]

    def _get(self, path: str, **parameters: object) -> dict:
        query = urllib.parse.urlencode(
            {name: value for name, value in parameters.items() if value is not None}
        )
        request = urllib.request.Request(
            f"{self.base_address}{path}?{query}", headers={"Authorization": f"Bearer {self.key}"}
        )
        pause_seconds = FIRST_PAUSE_SECONDS
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in RETRY_STATUSES or attempt == MOST_ATTEMPTS:
                    raise _refusal(error) from error
                time.sleep(float(error.headers.get("Retry-After", pause_seconds)))
                pause_seconds *= 2
        raise AssertionError("the last attempt returns or raises")


def _refusal(error: urllib.error.HTTPError) -> TelemetryError:
    body = json.load(error)
    return TelemetryError(error.code, body.get("code", "unknown"), body.get("request_id"))


def webhook_is_genuine(header: str, body: bytes, secret: bytes, now_seconds: float | None = None) -> bool:
    """Tell whether a webhook came from the service and is fresh.

    Args:
        header: the value of Brivara-Signature, `t=SECONDS,v1=HEX`.
        body: the bytes as they came; parse them only after this check.
        secret: the secret that the portal showed when the address was registered.
        now_seconds: for tests; the clock otherwise.
    """
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if "t" not in parts or "v1" not in parts:
        return False
    age_seconds = (time.time() if now_seconds is None else now_seconds) - float(parts["t"])
    if abs(age_seconds) > OLDEST_SIGNATURE_SECONDS:
        return False
    expected = hmac.new(secret, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"])


def brew_ratio(shot: dict) -> float | None:
    """Grams in the cup for each gram of coffee; None when the machine did not weigh."""
    if not shot.get("dose") or not shot.get("yield"):
        return None
    return shot["yield"] / shot["dose"]


def yesterday() -> tuple[datetime, datetime]:
    """The span of the last full day, in UTC as the service counts."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=1), midnight

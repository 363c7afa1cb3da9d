"""Which language a text is in."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN: Final = "und"
_SAMPLES: Final = 4
_SAMPLE_CHARS: Final = 800
_LEAST_LETTERS: Final = 12
_LEAST_CONFIDENCE: Final = 0.6


def language_of(text: str) -> str:
    """ISO 639-1 of most of a text, by places spread over it; "und" when there is too little to tell."""
    step = max(1, (len(text) - _SAMPLE_CHARS) // _SAMPLES)
    sample = " ".join(
        text[start : start + _SAMPLE_CHARS] for start in range(0, len(text), step)[: _SAMPLES + 1]
    )
    if sum(map(str.isalpha, sample)) < _LEAST_LETTERS:
        return UNKNOWN
    found: tuple[str, float] = _identifier().classify(sample)
    return found[0]


def warm_up() -> None:
    """Load the tables now."""
    _identifier()


@cache
def _identifier() -> Any:
    # Its package has no types.
    untyped = cast("Any", LanguageIdentifier)
    return untyped.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=_LEAST_CONFIDENCE)

"""How many tokens each stretch of a text has, found out word by word: a word that was counted once is known.

In this vocabulary no token reaches over a space or holds two Chinese or Japanese characters, so that the tokens of
words add up to those of their text. Counts are those of `steward.providers.tokens`: where the vocabulary spells letters
byte by byte, three bytes are one token at the most.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from steward.knowledge.reading.letters import beyond_ascii

_WIDE: Final = "\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff65\U00020000-\U0003ffff"
"""Letters and signs of scripts that part no words, as the inside of a character class."""
_ATTACHED: Final = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f"  # Latin, Hebrew, Arabic
    "\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"  # Devanagari, Thai
)
"""Marks that stand on the letter before them."""
# So short that no unit has more tokens than the smallest passage may have.
_UNIT: Final = re.compile(rf"\s*(?:[{_WIDE}]|[^\s{_WIDE}]{{1,23}}(?![{_ATTACHED}])|\S{{1,23}})")
_PLAIN_UNIT: Final = re.compile(r"\s*\S{1,23}")
"""The same where nothing is wide or attached."""
_WIDE_OR_ATTACHED: Final = re.compile(f"[{_WIDE}{_ATTACHED}]")
_WIDE_LETTER: Final = re.compile(f"[{_WIDE}]")
_MOST_WORDS: Final = 200_000
_LINE_END_TOKENS: Final = 2


Tokens = tuple[int, int]
"""Tokens counted in both ways: as the vocabulary does, and with bytes instead of spelled letters, in thirds."""


def is_wide(character: str) -> bool:
    """Whether a character belongs to a script that parts no words: each stands for itself."""
    return _WIDE_LETTER.match(character) is not None


def joint(whole: int, thirds: int) -> int:
    """What both ways of counting come to: the smaller one."""
    return min(whole, -(-thirds // 3))


@dataclass(frozen=True, slots=True)
class Measure:
    """The units of a text: words with the space before them, parts of long words, single wide characters.

    Attributes:
        words: the units.
        starts: where each begins in the text, and where the last ends.
        whole: tokens of all units before each, and of all.
        thirds: the same, counted the other way; see `Tokens`.
    """

    words: list[str]
    starts: list[int]
    whole: list[int]
    thirds: list[int]

    def unit_at(self, place: int) -> int:
        """The unit that a place of the text is in."""
        return bisect_right(self.starts, place) - 1

    def word_start(self, unit: int) -> int:
        """Where a unit begins, without the space before it."""
        word = self.words[unit]
        return self.starts[unit] + len(word) - len(word.lstrip())

    def tokens(self, unit: int, after: int) -> Tokens:
        """The tokens of the units from one to before another, within the text."""
        return self.whole[after] - self.whole[unit], self.thirds[after] - self.thirds[unit]


class Counter:
    """Counts tokens, and remembers words."""

    def __init__(self) -> None:
        self._whole: dict[str, int] = {}
        self._thirds: dict[str, int] = {}

    def measure(self, text: str) -> Measure:
        """Count the units of a text."""
        if len(self._whole) > _MOST_WORDS:
            self._whole.clear()
            self._thirds.clear()
        is_plain = _WIDE_OR_ATTACHED.search(beyond_ascii(text)) is None
        words: list[str] = (_PLAIN_UNIT if is_plain else _UNIT).findall(text)
        self._learn(words)
        starts = list(accumulate(map(len, words), initial=0))
        whole = list(accumulate(map(self._whole.__getitem__, words), initial=0))
        if text.isascii():
            return Measure(words, starts, whole, [3 * count for count in whole])
        return Measure(
            words, starts, whole, list(accumulate(map(self._thirds.__getitem__, words), initial=0))
        )

    def count_first(self, words: Sequence[str]) -> list[Tokens]:
        """The tokens of units as the first of a text: the tokenizer puts a space in front of it."""
        # Most begin with a single space already.
        spaced = [word if word[0] == " " != word[1] else f" {word.lstrip()}" for word in words]
        self._learn(spaced)
        return list(
            zip(map(self._whole.__getitem__, spaced), map(self._thirds.__getitem__, spaced), strict=True)
        )

    def _learn(self, words: Sequence[str]) -> None:
        new = list(set(words).difference(self._whole))
        whole = _counts(new)
        thirds = [3 * count for count in whole]
        others = [place for place, word in enumerate(new) if not word.isascii()]
        plain = [new[place].encode("ascii", "ignore").decode() for place in others]
        for place, letters, count in zip(others, plain, _counts(plain), strict=True):
            thirds[place] = 3 * count + len(new[place].encode()) - len(letters)
        for word, one, other in zip(new, whole, thirds, strict=True):
            # A long word that is counted in parts may come to one more at each seam, or two without other letters.
            is_seam = not word[0].isspace() and not is_wide(word[0])
            self._whole[word] = one + is_seam
            self._thirds[word] = other + 2 * 3 * is_seam


def _counts(words: Sequence[str]) -> list[int]:
    # Behind a line end, which is never part of a longer token, the tokenizer adds no space of its own.
    encoded = _tokenizer().encode_batch_fast([f"\n{word}" for word in words], add_special_tokens=False)
    return [len(one.ids) - _LINE_END_TOKENS for one in encoded]


@cache
def _tokenizer() -> Tokenizer:
    # Found without importing the package, which sets up logging and a client for downloads.
    spec = find_spec("wordllama")
    assert spec is not None
    assert spec.origin is not None
    return Tokenizer.from_file(
        str(Path(spec.origin).parent / "tokenizers" / "l2_supercat_tokenizer_config.json")
    )

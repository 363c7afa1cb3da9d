"""Phrases: finds what is worth remembering by how people say it, in English and German, without a model."""

from __future__ import annotations

import re
from typing import Final

from steward.kernel import sentences
from steward.memory.schemas import TEXT_CHARS, Kind, Note

MOST_NOTES: Final = 5
_READ_CHARS: Final = 5_000


def _of(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# "I want to know" asks the assistant for something, and says nothing of the person.
_ASKING: Final = r"(?:know|see|ask|understand|talk|have you|get an?|you)\b"
_ASKING_DE: Final = r"(?:.*\b(?:wissen|sehen|fragen|verstehen)\b|dass du\b|von dir\b)"

_TOLD: Final = _of(
    r"^(?:please[, ]+)?(?:remember|note|keep in mind|don't forget|do not forget)(?: that|:)?\s+(.{3,})",
    r"^(?:bitte[, ]+)?(?:merke? dir|denk(?:e)? daran|vergiss nicht)(?:, dass|:)?\s+(.{3,})",
)
_KINDS: Final[tuple[tuple[Kind, float, re.Pattern[str]], ...]] = (
    (
        "progress",
        0.6,
        _of(
            r"\b(?:I|we)(?:'ve| have)? (?:just |finally |already |now )?"
            r"(?:finished|completed|achieved|reached|launched|passed|managed to|shipped|closed|accomplished)\b",
            r"\b(?:ich habe|wir haben|hab ich|habe ich|haben wir)\b.*"
            r"\b(?:geschafft|abgeschlossen|beendet|erreicht|bestanden|fertiggestellt|erledigt|veröffentlicht)\b",
        ),
    ),
    (
        "challenges",
        0.7,
        _of(
            r"\b(?:I|we)(?:'m| am| are| still)* (?:struggl(?:e|ing)|afraid of|stuck (?:with|on))",
            r"\b(?:I|we) (?:still )?(?:have|am having|are having) (?:trouble|difficult(?:y|ies)|problems) ",
            r"\bI find it (?:very |really )?(?:hard|difficult) to\b",
            r"\b(?:I|we) (?:can't seem|cannot seem|keep failing) to\b",
            r"\b(?:my|our) (?:biggest |main |greatest )?(?:challenge|problem|difficulty) is\b",
            r"\b(?:ich kämpfe mit|ich tue mich schwer|ich habe angst)\b",
            r"\b(?:mir fällt es (?:sehr )?schwer|es fällt mir (?:sehr )?schwer)\b",
            r"\b(?:ich habe|wir haben) (?:immer noch |noch )?(?:große |oft )?(?:probleme|schwierigkeiten|mühe)\b",
            r"\b(?:meine|unsere) (?:größte )?herausforderung ist\b",
        ),
    ),
    (
        "goals",
        0.8,
        _of(
            r"\b(?:my|our) (?:main |biggest )?(?:goal|aim|target|plan) (?:is|for)\b",
            rf"\b(?:I|we) (?:want|would like|wish) to (?!{_ASKING})",
            rf"\bI'd like to (?!{_ASKING})",
            r"\b(?:I|we)(?:'m| am|'re| are)? (?:plan|planning|aim|aiming|intend) to\b",
            r"\b(?:mein|unser) (?:größtes )?ziel ist\b",
            rf"\b(?:ich will|ich möchte|wir wollen|wir möchten) (?!{_ASKING_DE})",
            r"\b(?:ich plane|wir planen|ich habe vor|wir haben vor|ich nehme mir vor)\b",
        ),
    ),
    (
        "fact",
        0.7,
        _of(
            r"\bmy name is\b|\b(?:you can )?call me [A-Z]",
            r"\bI (?:work|live|prefer) |\bI(?:'m| am) (?:allergic|responsible|married|vegan|vegetarian|retired)\b",
            r"\b(?:my|our) (?:role|job|team|company|boss|manager|partner|wife|husband|son|daughter|birthday) "
            r"(?:is|has)\b",
            r"\b(?:ich heiße|mein name ist|nenn mich|ich arbeite|ich wohne|ich lebe in|ich bevorzuge)\b",
            r"\bich bin (?:allergisch|verantwortlich|verheiratet|veganer(?:in)?|vegetarier(?:in)?)\b",
            r"\b(?:mein|meine|unser|unsere) (?:rolle|job|team|firma|chefin?|frau|mann|sohn|tochter|geburtstag) "
            r"(?:ist|heißt|hat)\b",
        ),
    ),
    (
        "recent",
        0.4,
        _of(
            r"^(?:today|yesterday|this (?:morning|week)|last (?:night|week|month))\b.*\b(?:I|we|my|our)\b",
            r"^(?:heute|gestern|vorgestern|diese woche|letzte woche|letzten monat)\b.*\b(?:ich|wir|mein\w*|unser\w*)\b",
        ),
    ),
)
# Of oneself, in seven languages; a text in a script beside is read by the model.
_ONESELF: Final = _of(
    r"\b(?:i|i'm|i've|i'd|my|me|mine|we|we're|we've|our|us|ich|mich|mir|mein\w*|wir|uns\w*|je|j|mon|ma|mes|nous|nos|notre|"
    r"yo|mis?|nuestr\w+|io|mi[oae]|noi|nostr\w+|ik|mijn|wij|ons|eu|meus?|minhas?|nós|remember|merke?|note)\b",
    r"[^\W\d_a-zà-öø-ÿß]{2,}",
)
_ORDERS: Final = _of(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|everything|guidelines)\b",
    r"\b(?:ignoriere?|vergiss|missachte)\b.{0,40}\b(?:anweisung|regel|vorgabe|alles)",
    r"\bsystem (?:prompt|message)\b|\byou are now\b|\bdu bist (?:jetzt|ab sofort)\b|\bfrom now on,? you\b",
    r"</?(?:system|assistant|instructions?)>|\[/?inst\]",
)
_SECRETS: Final = _of(
    r"\b(?:password|passwort|passphrase|api[- ]?key|secret key|credit card|kreditkarte|iban|pin code)\b",
    r"\b(?:sk|pk|ghp|xox[bp])[-_][A-Za-z0-9_-]{12,}|\b(?:\d[ -]?){13,19}\b",
)


def may_tell(text: str) -> bool:
    """Whether a text can say anything of whoever wrote it. Cheap; it says yes when in doubt."""
    return len(text) >= 8 and _ONESELF.search(text[:_READ_CHARS]) is not None


def find(text: str) -> list[Note]:
    """What a message says of the person who wrote it: at most five of their own sentences. Call it in a thread."""
    text = text[:_READ_CHARS]
    found: list[Note] = []
    for start, end in sentences.spans(text):
        note = _read(" ".join(text[start:end].split()))
        if note is not None:
            found.append(note)
    return worth_keeping(found)[:MOST_NOTES]


def worth_keeping(notes: list[Note]) -> list[Note]:
    """Notes without those that give orders to a model or hold a secret."""
    return [note for note in notes if not (_ORDERS.search(note.text) or _SECRETS.search(note.text))]


def _read(sentence: str) -> Note | None:
    if sentence.endswith("?") or len(sentence) > TEXT_CHARS:
        return None
    told = _TOLD.search(sentence)
    if told is not None:
        said = next(group for group in told.groups() if group)
        kind, _ = _kind(said) or ("fact", 0.0)
        return Note(kind, said[:1].upper() + said[1:], 0.9)
    known = _kind(sentence)
    return None if known is None else Note(known[0], sentence, known[1])


def _kind(sentence: str) -> tuple[Kind, float] | None:
    for kind, importance, pattern in _KINDS:
        if pattern.search(sentence):
            return kind, importance
    return None

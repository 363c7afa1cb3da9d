"""The words behind suggestions: how tools name a thing or an act, and how people say it in English and German."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from steward.kernel.words import plain

Kind = Literal["act", "thing"]


@dataclass(frozen=True, slots=True)
class Concept:
    """An act or a thing.

    Attributes:
        named: beginnings of words that tools have in their names.
        said: fits plain text in which somebody speaks of it; see `words.plain`.
        shown: what it is called in a sentence.
    """

    kind: Kind
    named: tuple[str, ...]
    said: re.Pattern[str]
    shown: str


def _concept(kind: Kind, shown: str, named: str, *said: str) -> Concept:
    words = "|".join(plain(one) for one in said)
    return Concept(kind, tuple(named.split()), re.compile(rf"\b(?:{words})"), shown)


_A: Final = r"(?:the|our|my|this|that|company|unser\w*|das|der|dem|den|die|im|ins|in|laut|mein\w*)"
_LAST: Final = r"(?:last|first|previous|earlier|past|letzte\w*|erste\w*|früher\w*|vorige\w*|vergangene\w*)"
_TALKS: Final = r"(?:time|session|conversation|talk|meeting|chat|mal|gespräch|sitzung|treffen|stunde)"

ACTS: Final = (
    _concept(
        "act",
        "to find something out",
        "search find get list read retriev recall lookup look query show fetch check",
        r"search|find\b|look (?:up|in|for|through)|show|check|tell me",
        r"remind me (?:what|how|why|who|when)|recall|recap|remember|according to",
        r"see (?:if|what)",
        r"(?:what|which|when|where|who|how|is|are|was|were|does|do|did|has|have|can|could)\b[^.!]*\?",
        r"(?:durch|nach)?such\w*|find\w*|schau\w*|sieh|zeig\w*|nachschlagen|nachsehen|laut\b|erinnerst du|weißt du",
        r"(?:was|welche\w*|wann|wo|wer|wie|woran|worüber|ist|sind|gibt|steht|hat|habe\w*|läuft|wurde\w*)\b[^.!]*\?",
        r"(?:wollte|möchte) wissen|(?:like|want|need) to know|(?:prüf|check|schlag)\w*",
    ),
    _concept(
        "act",
        "to make something",
        "create creator generat make build new add open plan",
        r"create|generate|make|build|set up|design|plan|draft|develop|work out|outline",
        r"(?:need|want|would like|d like) an?\b",
        r"prepare|organi[sz]e|put together|come up with|open|file\b|report|raise|log\b|submit|let \w+ know|new\b",
        r"put\b|assign|write down|note\b|remind|add\b|don.?t let|turn\b.*\binto|tell (?:it|support)\b|track",
        r"erstell\w*|anleg\w*|anzulegen|leg\w*\b.*\ban\b|bau\w*|richte\w*\b.*\bein\b|einricht\w*|entw[ieo]rf\w*",
        r"entwick\w*|plan\w*|ausarbeit\w*|ausgearbeit\w*|brauche\w*|eröffn\w*|aufmach\w*|mach\w*\b.*\bauf\b|meld\w*",
        r"setz\w*|notier\w*|schreib\w*\b.*\bauf\b|erinnere?\b|eintrag\w*|einzutragen",
        r"aufnehm\w*|generier\w*|mach\w* (?:mir|uns|einen|daraus)",
        r"konzipier\w*|konzept\w*|gestalt\w*|vorbereit\w*|bereite\w*|neue\w* (?:aufgabe|ticket)",
        r"bitte eine?\b|hätte gern",
    ),
    _concept(
        "act",
        "to change something",
        "update change edit set modif correct",
        r"update|change|edit|set\b|correct|adjust|replace|put\b|write|note\b|add\b|fix\b|remove",
        r"aktualisier\w*|änder\w*|korrigier\w*|trag\w*|eintrag\w*|einzutragen|setz\w*|anpass\w*|pass\w*\b.*\ban\b",
        r"ersetz\w*|schreib\w*|neuesten stand|ergänz\w*|vermerk\w*|lösch\w*|berichtig\w*",
    ),
    _concept(
        "act",
        "to keep something",
        "upload store save import ingest",
        r"upload|save|add\b|store|keep|file this|import|put\b|archive",
        r"(?:ab)?speicher\w*|ablegen|hinzufüg\w*|füg\w*\b.*\bhinzu|hochlad\w*|lad\w*\b.*\bhoch|leg\w*\b.*\bab\b",
        r"nimm\b.*\bauf\b|importier\w*|aufnehm\w*|aufzunehmen|übernimm|übernehm\w*",
        r"pack\w*|stell\w*\b.*\bein\b|sicher\w*",
    ),
    _concept(
        "act",
        "to reach somebody",
        "call contact ask escalat hand transfer notif",
        r"talk|speak|connect|call\b|ask\b|transfer|hand (?:me|this|it) over|put me through|bring in|get me|discuss",
        r"contact|reach|escalate|chat with|forward|phone|let (?:a|an|some)\w*\b.*\b(?:decide|look|check)",
        r"sprech\w*|rede\w*|verbind\w*|hol\w*|frag\w*|weiterleit\w*|leite\w*|übergib|übergeb\w*|ruf\w*|zieh\w*",
        r"telefonier\w*|kontaktier\w*|erreich\w*|wende\w*|anruf\w*|unterhalt\w*|einschalt\w*|kümmer\w*",
    ),
)

THINGS: Final = (
    _concept(
        "thing",
        "documents",
        "knowledg document kb librar wiki file",
        rf"{_A}\s+(?:\w+\s+)?(?:handbook|manual|polic|guideline|contract|notes\b)",
        r"documents?\b|knowledge base|library|our (?:files|wiki|docs|manuals|guidelines|policies)|according to our",
        r"dokument\w*|unterlage\w*|wissens(?:daten)?(?:bank|basis)\w*|bibliothek|wiki\b",
        r"\w*handb[uü]ch\w*|richtlinie\w*",
        r"laut (?:\w+\s)?\w*(?:anleitung|vertrag|handbuch|richtlinie|ordnung|satzung|plan)",
        r"(?:unser\w*|de[rmn]|die) \w*(?:anleitung|verträge|vertrag|ordnung)",
    ),
    _concept(
        "thing",
        "an agent",
        "agent assistant bot",
        r"(?:\w+[ -])?agent(?:en|s)?\b|assistant|assistent\w*|bots?\b|chatbot\w*|\w+agent(?:en|s)?\b",
    ),
    _concept(
        "thing",
        "how it is doing",
        "status state health progress statistic",
        r"doing\b|status|last r[ua]n|r[ua]n last|success|running|ran\b|active|paused|still (?:on|works)|how often",
        r"läuft|lief|gelaufen|erfolgsquote|erfolgreich|aktiv\w*|pausiert|ausgeführt|wie oft|stand d\w+|zustand",
    ),
    _concept(
        "thing",
        "a task",
        "task todo remind reminder",
        r"tasks?\b|to-?do|remind (?:me|us|her|him|them)\b(?! (?:what|how|why|who|when|where|which))",
        r"reminder|the job of|(?:let me|not) forget to|my list",
        r"aufgabe\w*|erinnere? (?:mich|uns|ihn|sie)|erinnerung|wiedervorlage|nicht vergess\w*|(?:meine|die) liste",
    ),
    _concept(
        "thing",
        "a ticket",
        "ticket issue bug incident",
        r"(?:support )?tickets?\b|bugs?\b|(?:an|the) issue|incident",
        r"support (?:request|case)|support\b[^.?]*\b(?:know|look)",
        r"(?:does not|doesn.?t|won.?t) (?:work|start|open)|broken|crash|outage|(?:an|the) error",
        r"(?:with|tell) (?:support|it)\b",
        r"\w*ticket\w*|fehler|störung\w*|supportanfrage|support\w*\b.*\b(?:meld|informier|bescheid)\w*|vorfall",
        r"(?:funktionier|klapp)\w* nicht|nicht funktionier\w*|geht nicht|kaputt|stürzt",
        r"problem\w* meld\w*|ausfall|defekt",
    ),
    _concept(
        "thing",
        "your profile",
        "profil",
        r"(?:my|your|the) (?:user |own )?profile|mein\w* (?:nutzer)?profil\w*|profilangabe\w*|im profil|das profil",
    ),
    _concept(
        "thing",
        "a person",
        "human person people staff operator handoff escalat",
        r"(?:a |an |the )?(?:real |actual |living )?(?:human|person|employee|operator|colleague)\b|somebody|someone",
        r"mensch\w*|mitarbeiter\w*|jemand\w*|echte\w* person|ansprechpartner\w*|kolleg\w*|berater\w*",
    ),
    _concept(
        "thing",
        "what you told earlier",
        "memor remember recall",
        rf"{_LAST} (?:\w+ )?{_TALKS}|(?:i|we) (?:told|said|mentioned|talked|discussed|agreed)|(?:i|we) (?:tell|talk)\b",
        r"do you (?:still )?remember|remember (?:my|what|the|that)|what (?:do you know|have you learned) about me",
        r"(?:habe|hatte) ich (?:dir|ihnen)|(?:dir|ihnen)\b.*\berzählt|erinnerst du|weißt du noch|(?:noch )?über mich",
        r"(?:haben|hatten) wir\b.*\b(?:gesprochen|gearbeitet|besprochen|vereinbart|geredet)",
    ),
    _concept(
        "thing",
        "an offer",
        "offer",
        r"(?:an?|our|my|the|hybrid)\s+(?:\w+\s+)?offer\b|\w*angebot\w*",
    ),
    _concept(
        "thing",
        "a workshop",
        "workshop seminar training",
        r"workshops?\b|seminar\w*|trainings?\b|\w*schulung\w*|\w*workshop\w*|webinar\w*|fortbildung\w*",
    ),
)

REQUEST: Final = re.compile(
    plain(
        r"\b(?:please|can you|could you|would you|help me|let us|let.s|i need|we need|i want|we want|i.d like|new\b|"
        r"bitte|kannst du|könntest du|hilf|lass uns|lasst uns|ich brauche|wir brauchen|ich will|"
        r"ich möchte|soll|neue\w*\b)"
    )
)
"""Somebody wants something done."""

DEFINITION: Final = re.compile(
    plain(
        r"\b(?:what(?: is|.s| are| does)|explain|define|was (?:ist|sind|bedeutet|heißt|macht)|erklär\w*|"
        r"wie funktioniert)"
        r"(?: mir| bitte| me)?(?:,? (?:what|was))?"
        r"(?: an?| ein| eine| einen| the (?:word|term)| das wort| der begriff)\s"
    )
)
"""Somebody asks what a word means."""

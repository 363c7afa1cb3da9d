"""What Steward knows of seven languages: their small words, their number words, and which of them a text is in."""

from __future__ import annotations

import re
from typing import Final, Literal

Language = Literal["en", "de", "fr", "es", "it", "nl", "pt"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


SMALL_WORDS: Final[dict[Language, frozenset[str]]] = {
    "en": _set(
        "he her him his she a about after all also am an and any are as at be because been before being both but by "
        "can could did do does doing each for from had has have how i if in into is it its just may me might more "
        "most must my no not of off on only or our out over shall she should so some such than that the their them "
        "then there these they this to under up us was we were what when where which while who whom whose why will "
        "with would you your"
    ),
    "de": _set(
        "aber alle als also am an auch auf aus bei beim bin bis da damit dann darf das dass dem den der des die dies "
        "diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas für gibt "
        "hat haben hatte ich ihr im in ist ja kann können man mein mich mir mit muss müssen nach nicht noch nur ob "
        "oder ohne sein seine sich sie sind so soll sollen über um und uns unser unter vom von vor wann war waren "
        "warum was welche welchem welchen welcher welches wenn wer werden wie wir wird wo wurde zu zum zur"
    ),
    "fr": _set(
        "à afin ai alors après au aucun aussi aux avant avec avez avoir c ce ces cet cette comme comment d dans de "
        "des donc du elle elles en entre est et être faut il ils j je l la le les leur leurs lors lorsque mais me mon "
        "n ne ni nos notre nous on ont ou où par pas pendant peut peuvent plus pour pourquoi qu quand que quel quelle "
        "quelles quels qui quoi s sa sans se ses si son sont sous sur ta te tout tous toute toutes très tu un une vos "
        "votre vous y"
    ),
    "es": _set(
        "a al algo ante antes así aún cada como cómo con cuál cuáles cuando cuándo cuánta cuántas cuánto cuántos de "
        "debe deben del desde después donde dónde durante e el ella ellos en entre era eres es esa ese eso esta está "
        "están estas este esto estos fue ha hace han hasta hay la las le les lo los más me mi mis muy ni no nos o "
        "para pero por porque puede pueden que qué quién se según ser si sí sin sobre son su sus también tiene tienen "
        "todas todo todos un una unas uno unos y ya"
    ),
    "it": _set(
        "a agli ai al alla alle allo anche c che chi ci come con cosa così cui d da dagli dai dal dalla dalle degli "
        "dei del della delle dello deve devono di dopo dove durante e è ed entro era essere fra gli ha hanno i il in "
        "io l la le lo loro ma mi mio nei nel nella nelle nello noi non nostro o ogni per perché più possono prima "
        "può qual quale quali quando quanta quante quanti quanto questa queste questi questo se senza si solo sono su "
        "sua sugli sui sul sulla sulle suo tra tutte tutti tutto un una uno viene vengono"
    ),
    "nl": _set(
        "aan al alle als bij daar dan dat de deze die dit door dus een en er geen had heb hebben heeft hem het hij "
        "hoe hoeveel ik in is ja je kan kun kunnen maar me meer met mijn moet moeten na naar niet nog nu of om onder "
        "ons onze ook op over te tegen tot u uit uw van veel voor waar waarom wanneer waren was wat we wel welk welke "
        "werd wie wij word worden wordt zal ze zich zij zijn zo zonder"
    ),
    "pt": _set(
        "a ao aos após as até cada com como da das de dela dele deve devem do dos durante e é ela elas ele eles em "
        "entre era essa esse esta está estão este eu foi há isso isto já lhe mais mas me meu na não nas nem no nos "
        "nossa nosso num numa o onde os ou para pela pelas pelo pelos pode podem por porque qual quais quando quanta "
        "quantas quanto quantos que quem são se sem ser seu seus só sobre sua suas também tem têm todas todo todos um "
        "uma você vocês"
    ),
}
"""Words that say little alone. They also tell the languages apart."""

_TENS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30, 40, 50, 60, 90, 100)
_NUMBER_WORDS: Final[dict[Language, str]] = {
    "en": "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety "
    "hundred",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf fünfzehn zwanzig dreißig vierzig fünfzig sechzig "
    "neunzig hundert",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente quarante cinquante soixante "
    "quatre-vingt-dix cent",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta cuarenta cincuenta sesenta "
    "noventa cien",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici quindici venti trenta quaranta cinquanta "
    "sessanta novanta cento",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf vijftien twintig dertig veertig vijftig zestig "
    "negentig honderd",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze quinze vinte trinta quarenta cinquenta sessenta "
    "noventa cem",
}
NUMBER_WORDS: Final[dict[Language, dict[str, str]]] = {
    language: dict(zip(names.split(), map(str, _TENS), strict=True))
    for language, names in _NUMBER_WORDS.items()
}
"""What a number word means, in digits. One is left out: in most of these languages it is the article."""

NEGATIONS: Final[dict[Language, frozenset[str]]] = {
    "en": frozenset(("not", "no", "never", "cannot", "neither", "nor")),
    "de": frozenset(("nicht", "kein", "keine", "keinem", "keinen", "keiner", "keines", "nie", "niemals")),
    "fr": frozenset(("ne", "n", "pas", "jamais", "aucun", "aucune", "ni")),
    "es": frozenset(("no", "nunca", "jamás", "ningún", "ninguna", "ninguno", "ni")),
    "it": frozenset(("non", "mai", "nessun", "nessuna", "nessuno", "né")),
    "nl": frozenset(("niet", "geen", "nooit")),
    "pt": frozenset(("não", "nunca", "nenhum", "nenhuma", "nem")),
}
"""Words that turn what follows them into its contrary."""

LIMITING: Final = _set(
    "more less fewer later longer higher mehr weniger später länger höher plus moins más menos più meno oltre meer "
    "minder langer later hoger mais menos only just nur seulement solo alleen só apenas"
)
"""Words behind a negation that make a bound of it: `no more than` forbids nothing by itself."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_GUESS_CHARS: Final = 2_000


def guess(text: str) -> Language | None:
    """The language whose small words a text uses most; None when none of them, or two alike, so that nobody can say."""
    words = _WORD.findall(text[:_GUESS_CHARS].lower())
    counts: dict[Language, int] = {
        language: sum(map(small.__contains__, words)) for language, small in SMALL_WORDS.items()
    }
    most = max(counts.values())
    best: list[Language] = [language for language, count in counts.items() if count == most]
    return best[0] if most and len(best) == 1 else None

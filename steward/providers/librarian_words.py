"""What the librarian says about itself, in the languages that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from steward.kernel.languages import Language


@dataclass(frozen=True, slots=True)
class Sentences:
    """Its sentences in one language: before quotes, when there is nothing to quote, and before earlier messages."""

    quoting: str
    nothing: str
    remedy: str
    earlier: str


IN: Final[dict[Language, Sentences]] = {
    "en": Sentences(
        quoting="No language model is configured yet, so I quote what your documents say:",
        nothing="No language model is configured yet, and I found nothing about this in your documents.",
        remedy="Add documents that hold the answer. Or set a provider's key, for example `OPENAI_API_KEY`, and start "
        "Steward again: its models then appear in the model menu, and every model can go on with this conversation.",
        earlier="Earlier in this conversation you wrote:",
    ),
    "de": Sentences(
        quoting="Noch ist kein Sprachmodell eingerichtet, deshalb zitiere ich aus Ihren Dokumenten:",
        nothing="Noch ist kein Sprachmodell eingerichtet, und in Ihren Dokumenten habe ich dazu nichts gefunden.",
        remedy="Fügen Sie Dokumente hinzu, in denen die Antwort steht. Oder setzen Sie den Schlüssel eines Anbieters, "
        "zum Beispiel `OPENAI_API_KEY`, und starten Sie Steward neu: Dann stehen seine Modelle im Modellmenü, und "
        "jedes kann dieses Gespräch fortsetzen.",
        earlier="In diesem Gespräch haben Sie geschrieben:",
    ),
    "fr": Sentences(
        quoting="Aucun modèle de langage n'est encore configuré ; je cite donc vos documents :",
        nothing="Aucun modèle de langage n'est encore configuré, et je n'ai rien trouvé à ce sujet dans vos documents.",
        remedy="Ajoutez des documents qui contiennent la réponse. Ou définissez la clé d'un fournisseur, par exemple "
        "`OPENAI_API_KEY`, et redémarrez Steward : ses modèles apparaissent alors dans le menu, et chacun peut "
        "poursuivre cette conversation.",
        earlier="Plus tôt dans cette conversation, vous avez écrit :",
    ),
    "es": Sentences(
        quoting="Todavía no hay ningún modelo de lenguaje configurado, así que cito sus documentos:",
        nothing="Todavía no hay ningún modelo de lenguaje configurado, y no he encontrado nada sobre esto en sus "
        "documentos.",
        remedy="Añada documentos que contengan la respuesta. O indique la clave de un proveedor, por ejemplo "
        "`OPENAI_API_KEY`, y reinicie Steward: sus modelos aparecerán en el menú, y cualquiera puede continuar esta "
        "conversación.",
        earlier="Antes, en esta conversación, usted escribió:",
    ),
    "it": Sentences(
        quoting="Non è ancora configurato alcun modello linguistico, quindi cito i suoi documenti:",
        nothing="Non è ancora configurato alcun modello linguistico e nei suoi documenti non ho trovato nulla in "
        "proposito.",
        remedy="Aggiunga documenti che contengono la risposta. Oppure imposti la chiave di un fornitore, per esempio "
        "`OPENAI_API_KEY`, e riavvii Steward: i suoi modelli compariranno nel menu e ognuno potrà continuare questa "
        "conversazione.",
        earlier="In questa conversazione ha scritto:",
    ),
    "nl": Sentences(
        quoting="Er is nog geen taalmodel ingesteld, dus citeer ik uit uw documenten:",
        nothing="Er is nog geen taalmodel ingesteld, en in uw documenten heb ik hierover niets gevonden.",
        remedy="Voeg documenten toe waarin het antwoord staat. Of stel de sleutel van een aanbieder in, bijvoorbeeld "
        "`OPENAI_API_KEY`, en start Steward opnieuw: dan staan zijn modellen in het menu, en elk model kan met dit "
        "gesprek verdergaan.",
        earlier="Eerder in dit gesprek schreef u:",
    ),
    "pt": Sentences(
        quoting="Ainda não há nenhum modelo de linguagem configurado, por isso cito os seus documentos:",
        nothing="Ainda não há nenhum modelo de linguagem configurado, e não encontrei nada sobre isto nos seus "
        "documentos.",
        remedy="Adicione documentos que contenham a resposta. Ou defina a chave de um fornecedor, por exemplo "
        "`OPENAI_API_KEY`, e reinicie o Steward: os seus modelos aparecem então no menu, e qualquer um pode continuar "
        "esta conversa.",
        earlier="Antes, nesta conversa, você escreveu:",
    ),
}

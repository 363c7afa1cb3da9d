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


@dataclass(frozen=True, slots=True)
class CommandSentences:
    """Its sentences about commands in one language. `{name}` stands for a tool's name."""

    no_model: str
    there_are: str
    none: str
    unknown: str
    needs: str
    no_json: str
    done: str
    nothing: str
    failed: str
    more: str


COMMANDS: Final[dict[Language, CommandSentences]] = {
    "en": CommandSentences(
        no_model="No language model is configured yet, so I only carry out commands.",
        there_are="There are these:",
        none="No commands can be carried out here: this conversation is offered no tools.",
        unknown="I do not know the command `/{name}`.",
        needs="`/{name}` needs {missing}. Write it like this:",
        no_json="What stands behind `/{name}` begins like JSON, and is none. Correct it, or write it like this:",
        done="I carried out `/{name}`, and this is what it gave:",
        nothing="I carried out `/{name}`. It gave nothing back.",
        failed="`/{name}` was not carried out: {why}",
        more="… and {count} more.",
    ),
    "de": CommandSentences(
        no_model="Noch ist kein Sprachmodell eingerichtet, deshalb führe ich nur Befehle aus.",
        there_are="Es gibt diese:",
        none="Hier lassen sich keine Befehle ausführen: Diesem Gespräch stehen keine Werkzeuge zur Verfügung.",
        unknown="Den Befehl `/{name}` kenne ich nicht.",
        needs="`/{name}` braucht {missing}. Schreiben Sie es so:",
        no_json="Was hinter `/{name}` steht, beginnt wie JSON und ist keines. Berichtigen Sie das, oder so:",
        done="Ich habe `/{name}` ausgeführt. Das ist das Ergebnis:",
        nothing="Ich habe `/{name}` ausgeführt. Es gab kein Ergebnis zurück.",
        failed="`/{name}` wurde nicht ausgeführt: {why}",
        more="… und {count} weitere.",
    ),
    "fr": CommandSentences(
        no_model="Aucun modèle de langage n'est encore configuré ; je n'exécute donc que des commandes.",
        there_are="Les voici :",
        none="Aucune commande ne peut être exécutée ici : cette conversation ne dispose d'aucun outil.",
        unknown="Je ne connais pas la commande `/{name}`.",
        needs="Il manque à `/{name}` : {missing}. Écrivez ainsi :",
        no_json="Ce qui suit `/{name}` commence comme du JSON et n'en est pas. Corrigez-le, ou écrivez ainsi :",
        done="J'ai exécuté `/{name}`, et voici le résultat :",
        nothing="J'ai exécuté `/{name}`. Il n'y a pas de résultat.",
        failed="`/{name}` n'a pas été exécuté : {why}",
        more="… et {count} de plus.",
    ),
    "es": CommandSentences(
        no_model="Todavía no hay ningún modelo de lenguaje configurado, así que solo ejecuto órdenes.",
        there_are="Hay estas:",
        none="Aquí no se puede ejecutar ninguna orden: esta conversación no dispone de herramientas.",
        unknown="No conozco la orden `/{name}`.",
        needs="A `/{name}` le falta {missing}. Escríbalo así:",
        no_json="Lo que sigue a `/{name}` empieza como JSON y no lo es. Corríjalo, o escríbalo así:",
        done="He ejecutado `/{name}`, y este es el resultado:",
        nothing="He ejecutado `/{name}`. No ha devuelto nada.",
        failed="`/{name}` no se ha ejecutado: {why}",
        more="… y {count} más.",
    ),
    "it": CommandSentences(
        no_model="Non è ancora configurato alcun modello linguistico, quindi eseguo soltanto comandi.",
        there_are="Sono questi:",
        none="Qui non si può eseguire alcun comando: questa conversazione non dispone di strumenti.",
        unknown="Non conosco il comando `/{name}`.",
        needs="A `/{name}` manca {missing}. Scriva così:",
        no_json="Ciò che segue `/{name}` comincia come JSON e non lo è. Lo corregga, o scriva così:",
        done="Ho eseguito `/{name}`, ed ecco il risultato:",
        nothing="Ho eseguito `/{name}`. Non ha restituito nulla.",
        failed="`/{name}` non è stato eseguito: {why}",
        more="… e altri {count}.",
    ),
    "nl": CommandSentences(
        no_model="Er is nog geen taalmodel ingesteld, dus voer ik alleen opdrachten uit.",
        there_are="Dit zijn ze:",
        none="Hier kan geen opdracht worden uitgevoerd: dit gesprek heeft geen hulpmiddelen.",
        unknown="De opdracht `/{name}` ken ik niet.",
        needs="`/{name}` heeft {missing} nodig. Schrijf het zo:",
        no_json="Wat achter `/{name}` staat, begint als JSON en is het niet. Verbeter het, of schrijf het zo:",
        done="Ik heb `/{name}` uitgevoerd, en dit is het resultaat:",
        nothing="Ik heb `/{name}` uitgevoerd. Er kwam geen resultaat terug.",
        failed="`/{name}` is niet uitgevoerd: {why}",
        more="… en nog {count}.",
    ),
    "pt": CommandSentences(
        no_model="Ainda não há nenhum modelo de linguagem configurado, por isso só executo comandos.",
        there_are="São estes:",
        none="Aqui não é possível executar comandos: esta conversa não dispõe de ferramentas.",
        unknown="Não conheço o comando `/{name}`.",
        needs="A `/{name}` falta {missing}. Escreva assim:",
        no_json="O que se segue a `/{name}` começa como JSON e não o é. Corrija-o, ou escreva assim:",
        done="Executei `/{name}`, e este é o resultado:",
        nothing="Executei `/{name}`. Não devolveu nada.",
        failed="`/{name}` não foi executado: {why}",
        more="… e mais {count}.",
    ),
}

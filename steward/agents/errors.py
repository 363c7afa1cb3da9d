"""How an agent fails."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class AgentError(Refusal):
    """An agent could not do its work. `cause` is for the log; the sentence is for people."""

    tag = "agent_error"
    status = 500
    title = "The agent failed"
    remedy = "Ask again in other words, or choose another model."
    sentence = "The agent could not finish its work. Ask again in other words."

    def __init__(self, agent_name: str, cause: str, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence, agent=agent_name)
        self.agent_name = agent_name
        self.cause = cause


class RAGError(Refusal):
    """What a turn needed from the documents could not be found. The chat goes on without it, and says so."""

    tag = "rag_error"
    status = 503
    title = "The documents could not be searched"
    remedy = "Ask again later if the answer needs the documents."
    sentence = "The documents could not be searched just now, so this answer does without them."

    def __init__(self, query: str, cause: str) -> None:
        super().__init__(self.sentence)
        self.query = query
        self.cause = cause


class AgentNotActive(Refusal):
    """The agent takes no turns: it is archived, or the conversation's own is gone."""

    tag = "agent_not_active"
    status = 409
    title = "The agent is not active"
    remedy = "Activate the agent, or choose another one."

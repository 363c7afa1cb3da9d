"""Rules: which calls of tools run, which a person is asked about first, and which are refused."""

from steward.agents.rules.judging import NO_RULES, Decision, Judgement, Rules
from steward.agents.rules.service import IN_FORCE, of_workspace

__all__ = ["IN_FORCE", "NO_RULES", "Decision", "Judgement", "Rules", "of_workspace"]

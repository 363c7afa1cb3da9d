"""Agents: who answers, with which instructions, model and settings."""

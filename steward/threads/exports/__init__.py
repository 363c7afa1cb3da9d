"""Exports: what writes a conversation as Markdown, as JSON and as PDF."""

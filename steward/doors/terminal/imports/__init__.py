"""Imports: what other assistants' exports look like, and how they become ours."""

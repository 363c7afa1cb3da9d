"""Threads: conversations as trees of messages with typed parts."""

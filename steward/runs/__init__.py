"""Runs: one turn of an agent on a thread, durable, streamed, resumable."""

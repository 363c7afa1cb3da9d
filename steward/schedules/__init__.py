"""Schedules: agents that begin by the clock."""

"""Steward: the assistant backend that you own."""

__version__ = "0.1.0"

"""Providers: model names, the wires that speak to them, and the vocabulary of what they say."""

"""Doors: foreign protocols, thin: parse, call a room, encode."""

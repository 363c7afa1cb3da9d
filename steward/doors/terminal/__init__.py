"""The terminal: the `steward` command."""

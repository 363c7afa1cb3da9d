"""Usage: the ledger of model calls."""

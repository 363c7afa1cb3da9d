"""What Steward costs, measured beside a byte pass-through in one run."""

"""Tasks and tickets: what shall be done, and what somebody has asked for."""

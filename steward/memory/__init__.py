"""What is remembered of a person: memories from conversations, and the profile."""

"""Identity: workspaces, people, memberships, sign-in, sessions and API keys."""

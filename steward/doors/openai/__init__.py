"""The OpenAI door: Chat Completions and Models."""

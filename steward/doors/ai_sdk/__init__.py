"""The AI SDK door: the UI message stream that `useChat` speaks."""

"""The MCP door: a workspace's tools and knowledge for other assistants."""

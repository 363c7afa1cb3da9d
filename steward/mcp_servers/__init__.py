"""MCP servers: tools from outside, by the Model Context Protocol."""

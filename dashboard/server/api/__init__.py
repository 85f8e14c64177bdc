"""The same answers for programs: REST documents and MCP tools, read with a token."""

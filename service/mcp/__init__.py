"""The Model Context Protocol: what assistants can call, over standard input and output or over HTTP."""

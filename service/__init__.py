"""How programs call it: HTTP API, web pages, Model Context Protocol, helpdesk adapters."""

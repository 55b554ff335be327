"""How people call it: one module a command."""

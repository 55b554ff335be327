"""Slack: a slash command, a message shortcut, and a dialogue in the thread."""

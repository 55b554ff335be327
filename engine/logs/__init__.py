"""Logs: from bytes in any format to events, from events to incidents, from incidents to groups and a report."""

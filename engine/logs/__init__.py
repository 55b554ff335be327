"""From bytes of any log format to events and incidents."""

"""From redacted text to facts: derived lines, patterns, differences."""

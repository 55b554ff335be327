"""Webhooks in: tickets and comments from helpdesks become cases, and what they say goes back as a note."""

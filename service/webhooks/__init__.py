"""Webhooks out: signing, targets, delivery."""

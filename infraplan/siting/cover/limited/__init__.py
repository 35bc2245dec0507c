"""Covering problems whose sites carry limited users: their own model, flows, bounds and search."""

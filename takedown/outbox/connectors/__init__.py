"""Connectors: how providers' interfaces are described, by whom, and which of them may be used."""

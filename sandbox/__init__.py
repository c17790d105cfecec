"""A small internet on loopback, to demonstrate, train and test against."""

from sandbox.running import NotStarted, Running

__all__ = ["NotStarted", "Running"]

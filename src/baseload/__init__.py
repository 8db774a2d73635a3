"""Baseload: the operating system of an AI cloud. One description runs it, accounts for it and plans it."""

__version__ = "0.1.0"

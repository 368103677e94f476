"""Starts everything that a purchase needs on one machine, watches it, and stops it again."""

from sandbox.supervisor.processes import NotReady
from sandbox.supervisor.sandbox import Sandbox

__all__ = ["NotReady", "Sandbox"]

"""Virtual customers, many at once: they scan, tap, pay or change their minds, and their waiting is measured."""

from sandbox.crowd.customer import Shopper
from sandbox.crowd.phone import GaveUp, Phone
from sandbox.crowd.stopwatch import Lap, Stopwatch, quantile

__all__ = ["GaveUp", "Lap", "Phone", "Shopper", "Stopwatch", "quantile"]

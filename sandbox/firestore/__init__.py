"""A Firestore on this machine: the embedded one, and Google's emulator where it is installed.

Both serve the `google-cloud-firestore` client; `tests/contract` holds them to the same behaviour. What the
embedded one leaves out answers UNIMPLEMENTED: listening to changes, reads at a past time, partitions,
pipelines and search by vector. Neither asks for composite indexes or enforces TTL. Its transactions are
optimistic where Google's emulator locks (see `transactions`).
"""

from sandbox.firestore.google import GoogleFirestore
from sandbox.firestore.server import EmbeddedFirestore

__all__ = ["EmbeddedFirestore", "GoogleFirestore"]

"""The one error of the embedded Firestore: a gRPC status with its message."""

from __future__ import annotations

import grpc


class FirestoreError(Exception):
    """A refused call. `code` is a `grpc.StatusCode`; the text goes to the client as it is."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid(message: str) -> FirestoreError:
    """A request that can never succeed: INVALID_ARGUMENT."""
    return FirestoreError(grpc.StatusCode.INVALID_ARGUMENT, message)


def unimplemented(what: str) -> FirestoreError:
    """A part of Firestore that the embedded one leaves out: UNIMPLEMENTED."""
    return FirestoreError(
        grpc.StatusCode.UNIMPLEMENTED, f"The embedded Firestore has no {what}; Google's emulator does."
    )

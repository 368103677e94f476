"""What one write makes of a document: precondition, fields, mask, transforms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc

from sandbox.firestore.documents import StoredDocument
from sandbox.firestore.errors import FirestoreError, invalid
from sandbox.firestore.fields import find, mask_paths, put, remove
from sandbox.firestore.names import NAME, DocumentName, parse_document
from sandbox.firestore.protos import Document, from_micros, to_micros
from sandbox.firestore.transforms import apply_transform
from sandbox.firestore.values import settle_document


@dataclass
class Outcome:
    """What a write leaves: the document (None: deleted) and the values of its transforms."""

    document: StoredDocument | None
    transform_results: list[Any] = field(default_factory=list)


def written_name(write: Any) -> DocumentName:
    """The document that a `Write` is about."""
    operation = write.WhichOneof("operation")
    if operation == "update":
        return parse_document(write.update.name)
    if operation == "delete":
        return parse_document(write.delete)
    if operation == "transform":
        return parse_document(write.transform.document)
    raise invalid("empty write operation")


def apply_write(write: Any, name: DocumentName, current: StoredDocument | None, at: int) -> Outcome:
    """Apply a `Write` made at a time (microseconds) to a document (None: there is none).

    NOT_FOUND, ALREADY_EXISTS or FAILED_PRECONDITION when `current_document` does not hold.
    """
    if write.HasField("current_document"):
        _check_precondition(write.current_document, name, current)
    if write.WhichOneof("operation") == "delete":
        return Outcome(None)
    document = _updated(write, current)
    transforms = [*write.transform.field_transforms, *write.update_transforms]
    results = [apply_transform(document.fields, transform, at) for transform in transforms]
    settle_document(name.path, document.fields)
    return Outcome(_stored(document, name, current, at), results)


def _check_precondition(condition: Any, name: DocumentName, current: StoredDocument | None) -> None:
    kind = condition.WhichOneof("condition_type")
    if kind == "exists" and condition.exists and current is None:
        raise FirestoreError(grpc.StatusCode.NOT_FOUND, f"No document to update: {name}")
    if kind == "exists" and not condition.exists and current is not None:
        raise FirestoreError(grpc.StatusCode.ALREADY_EXISTS, f"Document already exists: {name}")
    if kind == "update_time":
        stored = current.version if current else 0
        required = to_micros(condition.update_time)
        if stored != required:
            raise FirestoreError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"the stored version ({stored}) does not match the required base version ({required})",
            )


def _updated(write: Any, current: StoredDocument | None) -> Any:
    """The fields before any transform: replaced, or under a mask merged into the present ones."""
    only_transforms = write.WhichOneof("operation") == "transform"
    if not only_transforms and not write.HasField("update_mask"):
        return Document(fields=write.update.fields)
    document = Document(fields=current.proto.fields) if current else Document()
    for path in mask_paths(write.update_mask):
        value = find(write.update.fields, path)
        if value is not None:
            put(document.fields, path, value)
        elif path != NAME:
            remove(document.fields, path)
    return document


def _stored(document: Any, name: DocumentName, current: StoredDocument | None, at: int) -> StoredDocument:
    # A write that changes nothing leaves the update time alone, in production as in Google's emulator.
    if current is not None and _same_fields(current.proto, document):
        return current
    document.name = str(name)
    document.create_time.CopyFrom(current.proto.create_time if current else from_micros(at))
    document.update_time.CopyFrom(from_micros(at))
    return StoredDocument(document)


def _same_fields(left: Any, right: Any) -> bool:
    # By bytes: 1 and 1.0 differ, NaN equals itself.
    return bool(
        Document(fields=left.fields).SerializeToString(deterministic=True)
        == right.SerializeToString(deterministic=True)
    )

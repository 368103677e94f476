"""Pages of a collection's documents, and of the collections below a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.firestore.documents import Documents, StoredDocument
from sandbox.firestore.errors import unimplemented
from sandbox.firestore.fields import mask_paths, masked
from sandbox.firestore.names import DocumentName, parse_parent
from sandbox.firestore.protos import Document, ListCollectionIdsResponse, ListDocumentsResponse

_DEFAULT_PAGE = 300


def list_documents(documents: Documents, request: Any) -> Any:
    """One page of a collection by document id, missing documents included when they are asked for."""
    if request.order_by or request.WhichOneof("consistency_selector"):
        raise unimplemented("order, transactions or past times in ListDocuments")
    database, parent = parse_parent(request.parent)
    collection = f"{parent}/{request.collection_id}" if parent else request.collection_id
    ids = documents.document_ids(parent, request.collection_id)
    found = [(name, documents.find(name)) for name in (DocumentName(database, collection, id_) for id_ in ids)]
    listed = {name.id: _entry(name, held, request) for name, held in found if held or request.show_missing}
    page, token = _page(list(listed), request)
    return ListDocumentsResponse(documents=[listed[document_id] for document_id in page], next_page_token=token)


def list_collection_ids(documents: Documents, request: Any) -> Any:
    """One page of the ids of the collections below a document or the root."""
    _, parent = parse_parent(request.parent)
    page, token = _page(documents.collection_ids(parent), request)
    return ListCollectionIdsResponse(collection_ids=page, next_page_token=token)


def _entry(name: DocumentName, held: StoredDocument | None, request: Any) -> Any:
    if held is None:
        return Document(name=str(name))
    return masked(held.proto, mask_paths(request.mask)) if request.HasField("mask") else held.proto


def _page(ids: Sequence[str], request: Any) -> tuple[list[str], str]:
    """The ids behind the page token, and the next token. A token is the last id of its page."""
    rest = [id_ for id_ in ids if id_ > request.page_token]
    size = request.page_size or _DEFAULT_PAGE
    return rest[:size], rest[size - 1] if len(rest) > size else ""

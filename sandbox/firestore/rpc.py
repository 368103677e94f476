"""The gRPC names, message classes and shapes of the calls, bound to a service's methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from sandbox.firestore import protos
from sandbox.firestore.errors import FirestoreError
from sandbox.firestore.service import FirestoreService

_SERVICE = "google.firestore.v1.Firestore"


def rpc_handlers(service: FirestoreService) -> Any:
    """The generic handler to give to a `grpc.Server`; a call that is not in it is UNIMPLEMENTED."""
    p = protos
    unary = {
        "GetDocument": (service.get_document, p.GetDocumentRequest, p.Document),
        "ListDocuments": (service.list_documents, p.ListDocumentsRequest, p.ListDocumentsResponse),
        "CreateDocument": (service.create_document, p.CreateDocumentRequest, p.Document),
        "UpdateDocument": (service.update_document, p.UpdateDocumentRequest, p.Document),
        "DeleteDocument": (service.delete_document, p.DeleteDocumentRequest, p.Empty),
        "BeginTransaction": (
            service.begin_transaction,
            p.BeginTransactionRequest,
            p.BeginTransactionResponse,
        ),
        "Commit": (service.commit, p.CommitRequest, p.CommitResponse),
        "Rollback": (service.rollback, p.RollbackRequest, p.Empty),
        "BatchWrite": (service.batch_write, p.BatchWriteRequest, p.BatchWriteResponse),
        "ListCollectionIds": (
            service.list_collection_ids,
            p.ListCollectionIdsRequest,
            p.ListCollectionIdsResponse,
        ),
    }
    streams = {
        "BatchGetDocuments": (
            service.batch_get_documents,
            p.BatchGetDocumentsRequest,
            p.BatchGetDocumentsResponse,
        ),
        "RunQuery": (service.run_query, p.RunQueryRequest, p.RunQueryResponse),
        "RunAggregationQuery": (
            service.run_aggregation_query,
            p.RunAggregationQueryRequest,
            p.RunAggregationQueryResponse,
        ),
    }
    handlers = {name: _unary(*call) for name, call in unary.items()}
    handlers |= {name: _stream(*call) for name, call in streams.items()}
    return grpc.method_handlers_generic_handler(_SERVICE, handlers)


def _unary(method: Callable[[Any], Any], request_class: Any, response_class: Any) -> Any:
    def call(request: Any, context: Any) -> Any:
        try:
            return method(request)
        except FirestoreError as error:
            return context.abort(error.code, str(error))

    return grpc.unary_unary_rpc_method_handler(
        call,
        request_deserializer=request_class.FromString,
        response_serializer=response_class.SerializeToString,
    )


def _stream(method: Callable[[Any], Iterator[Any]], request_class: Any, response_class: Any) -> Any:
    def call(request: Any, context: Any) -> Iterator[Any]:
        try:
            yield from method(request)
        except FirestoreError as error:
            context.abort(error.code, str(error))

    return grpc.unary_stream_rpc_method_handler(
        call,
        request_deserializer=request_class.FromString,
        response_serializer=response_class.SerializeToString,
    )

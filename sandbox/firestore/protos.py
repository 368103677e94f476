"""The protocol buffer classes of the Firestore API, without the proto-plus wrappers around them.

The wrappers convert every field on every access, which costs more than the rest of a small call.
"""

from __future__ import annotations

from typing import Any

from google.cloud.firestore_v1 import types

# protobuf ships without types.
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.timestamp_pb2 import Timestamp  # type: ignore[import-untyped]

__all__ = ["Empty", "Timestamp", "from_micros", "to_micros"]


def _raw(wrapper: Any) -> Any:
    return wrapper.pb()


Document = _raw(types.Document)
Value = _raw(types.Value)
Write = _raw(types.Write)
WriteResult = _raw(types.WriteResult)
StructuredQuery = _raw(types.StructuredQuery)
StructuredAggregationQuery = _raw(types.StructuredAggregationQuery)
AggregationResult = _raw(types.AggregationResult)
FieldTransform = _raw(types.DocumentTransform.FieldTransform)

GetDocumentRequest = _raw(types.GetDocumentRequest)
CreateDocumentRequest = _raw(types.CreateDocumentRequest)
UpdateDocumentRequest = _raw(types.UpdateDocumentRequest)
DeleteDocumentRequest = _raw(types.DeleteDocumentRequest)
ListDocumentsRequest = _raw(types.ListDocumentsRequest)
ListDocumentsResponse = _raw(types.ListDocumentsResponse)
ListCollectionIdsRequest = _raw(types.ListCollectionIdsRequest)
ListCollectionIdsResponse = _raw(types.ListCollectionIdsResponse)
BatchGetDocumentsRequest = _raw(types.BatchGetDocumentsRequest)
BatchGetDocumentsResponse = _raw(types.BatchGetDocumentsResponse)
BeginTransactionRequest = _raw(types.BeginTransactionRequest)
BeginTransactionResponse = _raw(types.BeginTransactionResponse)
CommitRequest = _raw(types.CommitRequest)
CommitResponse = _raw(types.CommitResponse)
RollbackRequest = _raw(types.RollbackRequest)
BatchWriteRequest = _raw(types.BatchWriteRequest)
BatchWriteResponse = _raw(types.BatchWriteResponse)
RunQueryRequest = _raw(types.RunQueryRequest)
RunQueryResponse = _raw(types.RunQueryResponse)
RunAggregationQueryRequest = _raw(types.RunAggregationQueryRequest)
RunAggregationQueryResponse = _raw(types.RunAggregationQueryResponse)


def from_micros(micros: int) -> Timestamp:
    """A protocol timestamp from microseconds since 1970."""
    seconds, rest = divmod(micros, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def to_micros(timestamp: Timestamp) -> int:
    """Microseconds since 1970; Firestore drops what is finer."""
    return int(timestamp.seconds * 1_000_000 + timestamp.nanos // 1000)

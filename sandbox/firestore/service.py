"""The calls of `google.firestore.v1.Firestore`: requests in, documents and queries asked, responses out."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import grpc

from sandbox.firestore import protos
from sandbox.firestore.aggregations import aggregate, parse_aggregations
from sandbox.firestore.counts import Counts
from sandbox.firestore.database import Committed, Database
from sandbox.firestore.documents import Documents, StoredDocument
from sandbox.firestore.errors import FirestoreError, invalid, unimplemented
from sandbox.firestore.fields import mask_paths, masked
from sandbox.firestore.listing import list_collection_ids, list_documents
from sandbox.firestore.names import check_collection_id, check_database, parse_document, parse_parent
from sandbox.firestore.protos import from_micros
from sandbox.firestore.queries import Query
from sandbox.firestore.writes import Outcome, written_name

_ID_LETTERS = string.ascii_letters + string.digits


class FirestoreService:
    """One method for each call; all databases of all projects, made when they are first named."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._lock = threading.Lock()
        self._databases: dict[str, Database] = {}

    def clear(self, project: str, database_id: str = "(default)") -> None:
        """Remove every document of a project's database."""
        self._database(f"projects/{project}/databases/{database_id}").clear()

    def get_document(self, request: Any) -> Any:
        name = parse_document(request.name)
        _, (document,) = self._look_up(name.database, [request.name], _transaction(request))
        if document is None:
            raise FirestoreError(grpc.StatusCode.NOT_FOUND, f"Document ({name}) not found.")
        return _shown(document, request)

    def batch_get_documents(self, request: Any) -> Iterator[Any]:
        response = protos.BatchGetDocumentsResponse
        transaction = self._transaction_of(request, request.database)
        if request.WhichOneof("consistency_selector") == "new_transaction":
            yield response(transaction=transaction)
        names = list(dict.fromkeys(request.documents))
        read_time, documents = self._look_up(request.database, names, transaction)
        for name, document in zip(names, documents, strict=True):
            if document is None:
                yield response(missing=name, read_time=read_time)
            else:
                yield response(found=_shown(document, request), read_time=read_time)

    def list_documents(self, request: Any) -> Any:
        database, _ = parse_parent(request.parent)
        response = self._database(database).look(lambda documents: list_documents(documents, request))
        self.counts.queried(database, len(response.documents))
        return response

    def list_collection_ids(self, request: Any) -> Any:
        database, _ = parse_parent(request.parent)
        self.counts.looked_up(database, 1)
        return self._database(database).look(lambda documents: list_collection_ids(documents, request))

    def run_query(self, request: Any) -> Iterator[Any]:
        database, parent = parse_parent(request.parent)
        query = Query(parent, request.structured_query)
        transaction = self._transaction_of(request, database)
        if request.WhichOneof("consistency_selector") == "new_transaction":
            yield protos.RunQueryResponse(transaction=transaction)
        read_time, documents = self._query(database, query, transaction)
        if not documents:
            yield protos.RunQueryResponse(read_time=read_time)
        skipped = query.offset
        for document in documents:
            yield protos.RunQueryResponse(
                document=query.project(document), read_time=read_time, skipped_results=skipped
            )
            skipped = 0

    def run_aggregation_query(self, request: Any) -> Iterator[Any]:
        database, parent = parse_parent(request.parent)
        aggregations = parse_aggregations(request.structured_aggregation_query)
        query = Query(parent, request.structured_aggregation_query.structured_query)
        transaction = self._transaction_of(request, database)
        micros, documents = self._database(database).read(query.run, transaction)
        # Aggregations are billed by index entries: one read for each thousand.
        self.counts.queried(database, -(-len(documents) // 1000))
        yield protos.RunAggregationQueryResponse(
            result=aggregate(aggregations, _present(documents)),
            read_time=from_micros(micros),
            transaction=transaction if request.HasField("new_transaction") else b"",
        )

    def begin_transaction(self, request: Any) -> Any:
        transaction = self._begin(request.database, request.options)
        return protos.BeginTransactionResponse(transaction=transaction)

    def rollback(self, request: Any) -> Any:
        self._database(request.database).rollback(request.transaction)
        return protos.Empty()

    def commit(self, request: Any) -> Any:
        committed = self._commit(request.database, request.writes, request.transaction)
        return protos.CommitResponse(
            write_results=[_write_result(outcome) for outcome in committed.outcomes],
            commit_time=from_micros(committed.at),
        )

    def batch_write(self, request: Any) -> Any:
        names = [written_name(write) for write in request.writes]
        if len(set(names)) < len(names):
            raise invalid("the same document cannot be written more than once in a single request")
        response = protos.BatchWriteResponse()
        for write in request.writes:
            result, status = response.write_results.add(), response.status.add()
            try:
                committed = self._commit(request.database, [write])
                result.CopyFrom(_write_result(committed.outcomes[0]))
            except FirestoreError as error:
                status.code, status.message = error.code.value[0], str(error)
        return response

    def create_document(self, request: Any) -> Any:
        document_id = request.document_id or "".join(secrets.choice(_ID_LETTERS) for _ in range(20))
        collection_id = check_collection_id(request.collection_id)
        write = protos.Write(update=request.document)
        write.update.name = f"{request.parent}/{collection_id}/{document_id}"
        write.current_document.exists = False
        return self._write_one(write, request)

    def update_document(self, request: Any) -> Any:
        write = protos.Write(update=request.document)
        for part, held in (("update_mask", write.update_mask), ("current_document", write.current_document)):
            if request.HasField(part):
                held.CopyFrom(getattr(request, part))
        return self._write_one(write, request)

    def delete_document(self, request: Any) -> Any:
        write = protos.Write(delete=request.name)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        self._commit(parse_document(request.name).database, [write])
        return protos.Empty()

    def _database(self, name: str) -> Database:
        database = self._databases.get(name)
        if database is None:
            with self._lock:
                database = self._databases.setdefault(check_database(name), Database())
        return database

    def _transaction_of(self, request: Any, database: str) -> bytes:
        if request.WhichOneof("consistency_selector") == "new_transaction":
            return self._begin(database, request.new_transaction)
        return _transaction(request)

    def _begin(self, database: str, options: Any) -> bytes:
        if options.read_only.HasField("read_time"):
            raise unimplemented("reads at a past time")
        return self._database(database).begin(read_only=options.HasField("read_only"))

    def _look_up(
        self, database: str, names: Sequence[str], transaction: bytes
    ) -> tuple[Any, Sequence[StoredDocument | None]]:
        parsed = [parse_document(name) for name in names]

        def look(documents: Documents) -> list[StoredDocument | None]:
            return [documents.find(name) for name in parsed]

        micros, documents = self._database(database).read(look, transaction)
        self.counts.looked_up(database, len(documents))
        return from_micros(micros), documents

    def _query(self, database: str, query: Query, transaction: bytes) -> tuple[Any, list[StoredDocument]]:
        micros, documents = self._database(database).read(query.run, transaction)
        # Documents passed over by an offset are billed like those returned.
        self.counts.queried(database, len(documents) + (query.offset if documents else 0))
        return from_micros(micros), _present(documents)

    def _commit(self, database: str, writes: Sequence[Any], transaction: bytes = b"") -> Committed:
        committed = self._database(database).commit(writes, transaction)
        deletes = sum(outcome.document is None for outcome in committed.outcomes)
        self.counts.committed(database, writes=len(writes) - deletes, deletes=deletes)
        return committed

    def _write_one(self, write: Any, request: Any) -> Any:
        committed = self._commit(written_name(write).database, [write])
        return _shown(_present([committed.outcomes[0].document])[0], request)


def _transaction(request: Any) -> bytes:
    if request.WhichOneof("consistency_selector") == "read_time":
        raise unimplemented("reads at a past time")
    return bytes(request.transaction)


def _present(documents: Sequence[StoredDocument | None]) -> list[StoredDocument]:
    return [document for document in documents if document is not None]


def _shown(document: StoredDocument, request: Any) -> Any:
    if not request.HasField("mask"):
        return document.proto
    return masked(document.proto, mask_paths(request.mask))


def _write_result(outcome: Outcome) -> Any:
    result = protos.WriteResult(transform_results=outcome.transform_results)
    if outcome.document is not None:
        result.update_time.CopyFrom(outcome.document.proto.update_time)
    return result

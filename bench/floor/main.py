"""The floor: the least that a function of this kind does. One Firestore document, read and answered as JSON."""

import json

from flask import Request, Response
from google.cloud import firestore

client = firestore.Client()


def floor(request: Request) -> Response:
    snapshot = client.collection("orders").document(request.args["order_id"]).get()
    return Response(json.dumps(snapshot.to_dict(), default=str), mimetype="application/json")

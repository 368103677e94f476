"""The callers: a process of its own that keeps N connections busy for a while.

`python -m bench.callers` reads `{"call", "callers", "seconds", "most"}` from its input and writes
`{"latencies_ms", "seconds"}`. It ends with status 1 and a line on a wrong answer.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench.calls import Call, WrongAnswer


def main() -> int:
    order = json.load(sys.stdin)
    try:
        latencies, seconds = keep_busy(Call(**order["call"]), order["callers"], order["seconds"], order["most"])
    except (WrongAnswer, OSError, http.client.HTTPException) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    json.dump({"latencies_ms": latencies, "seconds": seconds}, sys.stdout)
    return 0


def keep_busy(call: Call, callers: int, seconds: float, most: int) -> tuple[list[float], float]:
    """Every latency (ms) and the time it took (s); ends after `seconds` or `most` requests, whichever is first."""
    connections = [call.connect() for _ in range(callers)]
    for connection in connections:
        call.send(connection)  # not counted: the worker accepts the connection meanwhile
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=callers) as pool:
        work = [
            pool.submit(_latencies, call, connection, began + seconds, most // callers) for connection in connections
        ]
        results = [future.result() for future in work]
    took = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return [latency for latencies in results for latency in latencies], took


def _latencies(call: Call, connection: http.client.HTTPConnection, until: float, most: int) -> list[float]:
    latencies = []
    for _ in range(most):
        before = time.perf_counter()
        if before >= until:
            break
        call.send(connection)
        latencies.append((time.perf_counter() - before) * 1000)
    return latencies


if __name__ == "__main__":
    sys.exit(main())

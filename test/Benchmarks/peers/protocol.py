"""What the peers in Python have in common: requests and replies as lines of JSON (README.md), and files of vectors."""
import json
import os
import signal
import sys
import tempfile
import time

import numpy


def serve(engine):
    """Answers every line until the input ends. The engine has build(request, vectors) -> version, search(queries, k, parameters)
    -> numbers (n x k), prepare(parameters), which is not timed, and bytes() -> (index, rescoring)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    queries = None
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request["op"] == "build":
                vectors = numpy.load(request["base"], mmap_mode="r")
                queries = numpy.load(request["queries"])
                start = time.perf_counter()
                version = engine.build(request, vectors)
                seconds = time.perf_counter() - start
                del vectors
                index, rescoring = engine.bytes()
                reply = {"seconds": seconds, "bytes": index, "bytes_rescoring": rescoring, "version": version}
            elif request["op"] == "search":
                block = queries[request["first"]:request["first"] + request["count"]]
                engine.prepare(request["parameters"])
                start = time.perf_counter()
                found = engine.search(block, request["k"])
                seconds = time.perf_counter() - start
                if "ids" in request:
                    numpy.ascontiguousarray(found, dtype="<i4").tofile(request["ids"])
                reply = {"seconds": seconds}
            else:
                reply = {"error": "There is no request '%s'." % request["op"]}
        except Exception as error:  # whatever it is, the parent shows it
            reply = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(reply), flush=True)


def saved_bytes(save):
    """The size of an index as a file: what it takes in memory at least."""
    handle, path = tempfile.mkstemp(prefix="ternary-ann-")
    os.close(handle)
    try:
        save(path)
        return os.path.getsize(path)
    finally:
        os.remove(path)

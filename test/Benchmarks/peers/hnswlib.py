"""hnswlib (Debian's python3-hnswlib): builds an HNSW graph and searches it with one call for all queries, on one thread."""
import os
import sys

# This file has the library's name: its own folder must not come first, or be searched at all, while that is imported.
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path or os.curdir) != FOLDER]
import hnswlib  # noqa: E402

sys.path.append(FOLDER)
import protocol  # noqa: E402


class Hnswlib:
    def build(self, request, vectors):
        if request["index"] != "hnsw" or request["codec"] != "f32" or "rescoring" in request:
            raise ValueError("hnswlib has hnsw over f32 only")
        parameters = request["parameters"]
        # Vectors of norm 1: the inner product orders as cosine does, without scaling them again.
        self.index = hnswlib.Index(space="l2" if request["metric"] == "l2" else "ip", dim=vectors.shape[1])
        self.index.init_index(max_elements=len(vectors), ef_construction=parameters["ef_construction"], M=parameters["m"])
        self.index.add_items(vectors, num_threads=request["threads"])
        return version()

    def bytes(self):
        return protocol.saved_bytes(self.index.save_index), 0

    def prepare(self, parameters):
        self.index.set_ef(parameters["ef_search"])

    def search(self, queries, k):
        return self.index.knn_query(queries, k=k, num_threads=1)[0]


def version():
    try:
        from importlib.metadata import version as installed
        return installed("hnswlib")
    except Exception:
        return None


protocol.serve(Hnswlib())

"""faiss (Debian's python3-faiss with libopenblas0-pthread): flat, IVF, LSH and HNSW indexes over its scalar quantizers, searched
with one call for all queries, on one thread. The threshold above which a call becomes one matrix multiplication is put out of
reach for searching: that would be another thing than single queries."""
import os
import sys

# This file has the library's name: its own folder must not come first, or be searched at all, while that is imported.
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path or os.curdir) != FOLDER]
import faiss  # noqa: E402

sys.path.append(FOLDER)
import math  # noqa: E402

import protocol  # noqa: E402

NEVER = 2**31 - 1


class Faiss:
    def build(self, request, vectors):
        faiss.omp_set_num_threads(request["threads"])
        parameters = request["parameters"]
        self.rescored = "rescoring" in request
        self.base = create(request, parameters, len(vectors), vectors.shape[1])
        if not self.base.is_trained:
            self.base.train(vectors)
        self.base.add(vectors)
        self.index = self.base
        if self.rescored:
            self.refine = faiss.IndexFlat(vectors.shape[1], self.base.metric_type)
            self.refine.add(vectors)
            self.index = faiss.IndexRefine(self.base, self.refine)
        faiss.omp_set_num_threads(1)
        faiss.cvar.distance_compute_blas_threshold = NEVER
        return faiss.__version__

    def bytes(self):
        index = protocol.saved_bytes(lambda path: faiss.write_index(self.base, path))
        return index, protocol.saved_bytes(lambda path: faiss.write_index(self.refine, path)) if self.rescored else 0

    def prepare(self, parameters):
        if "ef_search" in parameters:
            self.base.hnsw.efSearch = parameters["ef_search"]
        if "nprobe" in parameters:
            self.base.nprobe = min(parameters["nprobe"], self.base.nlist)
        # All that the graph found, unless it says otherwise.
        self.candidates = parameters.get("rescore") or parameters.get("ef_search")

    def search(self, queries, k):
        if self.rescored:
            self.index.k_factor = self.candidates / k
        return self.index.search(queries, k)[1]


def metric(request):
    return faiss.METRIC_L2 if request["metric"] == "l2" else faiss.METRIC_INNER_PRODUCT


def create(request, parameters, count, dimension):
    kind, codec = request["index"], request["codec"]
    quantizers = {"f16": faiss.ScalarQuantizer.QT_fp16, "int8": faiss.ScalarQuantizer.QT_8bit}
    if kind == "lsh" and codec == "binary":
        # Random hyperplanes, as many as there are components, through the mean.
        return faiss.IndexLSH(dimension, parameters.get("bits") or dimension, True, True)
    if codec != "f32" and codec not in quantizers:
        raise ValueError("faiss has no codec %s for %s here" % (codec, kind))
    if kind == "flat":
        return faiss.IndexFlat(dimension, metric(request)) if codec == "f32" else faiss.IndexScalarQuantizer(dimension, quantizers[codec], metric(request))
    if kind == "hnsw":
        m = parameters["m"]
        index = faiss.IndexHNSWFlat(dimension, m, metric(request)) if codec == "f32" else faiss.IndexHNSWSQ(dimension, quantizers[codec], m, metric(request))
        index.hnsw.efConstruction = parameters["ef_construction"]
        return index
    if kind == "ivf":
        lists = parameters["nlist"] or max(1, round(math.sqrt(count)))
        quantizer = faiss.IndexFlat(dimension, metric(request))
        index = faiss.IndexIVFFlat(quantizer, dimension, lists, metric(request)) if codec == "f32" \
            else faiss.IndexIVFScalarQuantizer(quantizer, dimension, lists, quantizers[codec], metric(request))
        index.own_fields = True
        quantizer.this.disown()
        return index
    raise ValueError("faiss has no index %s here" % kind)


protocol.serve(Faiss())

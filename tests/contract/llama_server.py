"""Runs llama.cpp's own server on a free port of this machine until stdin ends, and prints its address.

    python3 llama_server.py MODEL KEY CONTEXT SEQUENCES [embeddings]
"""
import sys
import xllamacpp

model, key, context, sequences, *rest = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = model
params.n_ctx = int(context) * int(sequences)
params.n_parallel = int(sequences)
params.port = 0
params.hostnames = ["127.0.0.1"]
params.api_keys = [key]
params.model_alias = {"small"}
params.warmup = False
if "embeddings" in rest:
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
# Beside other programs, two threads are slower than one.
params.cpuparams.n_threads = 1
params.verbosity = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()

// usearch (the npm package of that name): an HNSW graph over its own forms of the vectors, searched with one call for all queries,
// on one thread. Requests and replies are lines of JSON: README.md. NODE_MODULES_FOLDER says where the package is installed.
import { readFileSync, writeFileSync, statSync, rmSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(join(process.env.NODE_MODULES_FOLDER ?? join(process.cwd(), 'node_modules'), 'resolve.js'));
const usearch = require('usearch');
const version = JSON.parse(readFileSync(join(process.env.NODE_MODULES_FOLDER ?? 'node_modules', 'usearch', 'package.json'))).version;
const quantizations = { f32: 'f32', f16: 'f16', int8: 'i8', binary: 'b1' };

// Vectors of a .npy file of float32, in one array.
function load(path) {
  const bytes = readFileSync(path);
  const length = bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const offset = (bytes[6] === 1 ? 10 : 12) + length;
  const [rows, columns] = /'shape': *\((\d+), *(\d+)/.exec(bytes.toString('latin1', 10, offset)).slice(1).map(Number);
  return { rows, columns, values: new Float32Array(bytes.buffer, bytes.byteOffset + offset, rows * columns) };
}

let index, config, file, queries, means, folder, expansion;

// Signs say most about vectors whose components are positive as often as negative.
function centre(vectors) {
  const { columns, values } = vectors;
  for (let i = 0; i < values.length; i++) values[i] -= means[i % columns];
}

function meansOf({ rows, columns, values }) {
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns] += values[i];
  return sums.map((sum) => sum / rows);
}

function build(request) {
  if (request.index !== 'hnsw' || !(request.codec in quantizations) || request.rescoring)
    throw new Error(`usearch has no ${request.index} over ${request.codec} here`);
  const vectors = load(request.base);
  queries = load(request.queries);
  const binary = request.codec === 'binary';
  config = {
    dimensions: vectors.columns,
    metric: binary ? 'hamming' : request.metric === 'l2' ? 'l2sq' : 'ip',
    quantization: quantizations[request.codec],
    connectivity: request.parameters.m,
    expansion_add: request.parameters.ef_construction,
    expansion_search: expansion = 64,
    multi: false,
  };
  const keys = BigUint64Array.from({ length: vectors.rows }, (_, i) => BigInt(i));
  const start = process.hrtime.bigint();
  if (binary) {
    means = meansOf(vectors);
    centre(vectors);
  }
  index = new usearch.Index(config);
  index.add(keys, vectors.values, request.threads);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (binary) centre(queries);
  folder = mkdtempSync(join(tmpdir(), 'ternary-ann-'));
  file = join(folder, 'index.usearch');
  index.save(file);
  return { seconds, bytes: statSync(file).size, bytes_rescoring: 0, version };
}

// Memory outside of JavaScript's own heap is given back a turn of the event loop after it was found unused.
async function collect() {
  global.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  global.gc?.();
}

async function search(request) {
  // What is kept while searching is fixed when an index is made, so that another value means loading it again.
  if (request.parameters.ef_search !== expansion) {
    index = undefined;
    await collect();
    index = new usearch.Index({ ...config, expansion_search: expansion = request.parameters.ef_search });
    index.load(file);
  }
  const block = queries.values.subarray(request.first * queries.columns, (request.first + request.count) * queries.columns);
  const start = process.hrtime.bigint();
  const found = index.search(block, request.k, 1);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (request.ids) writeFileSync(request.ids, new Uint8Array(Int32Array.from(found.keys, Number).buffer));
  return { seconds };
}

process.on('SIGINT', () => {}); // the parent ends its children
for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    const request = JSON.parse(line);
    if (request.op === 'build') {
      reply = build(request);
      await collect();
    } else if (request.op === 'search') reply = await search(request);
    else reply = { error: `There is no request '${request.op}'.` };
  } catch (error) {
    reply = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
if (folder) rmSync(folder, { recursive: true });

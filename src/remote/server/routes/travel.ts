/**
 * `POST /vms/NAME/travel/ACTION`: a machine comes or goes (../../travel). Bodies are CBOR. Each action may
 * be asked for again, so that a way that was cut can be taken up.
 */
import {
  CHUNK_BYTES_MAX,
  type Hash,
  type StoredChunk,
} from "../../../../kernel/state/chunk-store.ts";
import { badRequest, RemoteError } from "../../errors.ts";
import { decodeValue, encodeValue } from "../../values.ts";
import { boundedBody } from "../body.ts";
import { boolean, type Check, list, record, refused } from "../checks.ts";
import type { Route } from "../server.ts";
import { wrongMethod } from "./machines.ts";

const BODY_BYTES_MAX = 8 << 20;
const VALUES_MAX = 1 << 16;
const HASHES_MAX = 4096;
const READ_AT_ONCE = 64;
const READ_BYTES = 4 << 20;

const hash: Check<Hash> = (value) =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
    ? value
    : refused(value, "a hash of 64 hexadecimal digits");
const chunkBytes: Check<Uint8Array> = (value) =>
  value instanceof Uint8Array && value.length <= CHUNK_BYTES_MAX
    ? value
    : refused(value, `at most ${CHUNK_BYTES_MAX} bytes`);

const departure = record({ move: boolean });
const root = record({ root: hash });
const reading = record({ hashes: list(hash, READ_AT_ONCE) });
const question = record({ nodes: list(hash, HASHES_MAX), contents: list(hash, HASHES_MAX) });
const delivery = record({ chunks: list(record<StoredChunk>({ hash, bytes: chunkBytes }), 1024) });

export async function travel({ request, host, name, rest, sessions }: Route): Promise<Response> {
  if (request.method !== "POST") throw wrongMethod(request, "POST");
  const gate = host.travel;
  if (!gate) {
    const message =
      "this server keeps its machines in memory, so they cannot travel; give it --store";
    throw new RemoteError(409, "ERR_CANNOT_TRAVEL", message);
  }
  const body = decoded(await boundedBody(request, BODY_BYTES_MAX));
  const act: Readonly<Record<string, () => Promise<unknown>>> = {
    depart: async () => {
      const { move } = departure(body);
      if (move) await sessions.endOf(name, "the machine is moved away");
      return gate.depart(name, move);
    },
    moved: () => gate.moved(name),
    stay: () => gate.stay(name),
    read: async () => read(await gate.chunks(name), reading(body).hashes),
    expect: () => gate.expect(name, root(body).root),
    missing: async () => {
      const { nodes, contents } = question(body);
      return (await gate.target(name)).missing(nodes, contents);
    },
    put: async () => (await gate.target(name)).put(delivery(body).chunks),
    arrive: () => gate.arrive(name, root(body).root),
  };
  const action = rest.slice(1);
  const perform = Object.hasOwn(act, action) ? act[action] : undefined;
  if (!perform) throw new RemoteError(404, "ERR_NO_SUCH_ROUTE", "there is no such step of a way");
  const headers = { "content-type": "application/cbor" };
  return new Response(encodeValue(await perform()) as Uint8Array<ArrayBuffer>, { headers });
}

/** As many of them, from the first on, as are not too much; at least one. */
async function read(
  chunks: { get(hash: Hash): Promise<Uint8Array | undefined> },
  hashes: readonly Hash[],
): Promise<(Uint8Array | undefined)[]> {
  const found: (Uint8Array | undefined)[] = [];
  let total = 0;
  for (const wanted of hashes) {
    const bytes = await chunks.get(wanted);
    found.push(bytes);
    total += bytes?.length ?? 0;
    if (total >= READ_BYTES) break;
  }
  return found;
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes, VALUES_MAX);
  } catch (error) {
    throw badRequest(`the body is no CBOR: ${(error as Error).message}`);
  }
}

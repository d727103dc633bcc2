/** A machine of a server, on or off: the routes under `/vms/NAME/travel`. */
import type { Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { answerOf, type Transport } from "../client/transport.ts";
import { RemoteError } from "../errors.ts";
import { isMachineName } from "../protocol.ts";
import { decodeValue, encodeValue } from "../values.ts";
import type { Place } from "./travel.ts";

/** A way that was cut is taken up again for so long. */
const RETRY_MS = 30_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 4_000;
/** Chunks asked for at once; the server sends as many of them as are not too much. */
const READ_AT_ONCE = 64;

export function atServer(transport: Transport, name: string): Place {
  if (!isMachineName(name)) {
    throw new RemoteError(400, "ERR_BAD_REQUEST", `${name} is no machine's name`);
  }
  const ask = (action: string, value: object) => request(transport, name, action, value);
  return {
    label: transport.address,
    name,
    depart: async (move) => (await ask("depart", { move })) as Hash,
    moved: async () => {
      await ask("moved", {});
    },
    stay: async () => {
      await ask("stay", {});
    },
    chunks: {
      // Asking for the root alone keeps it from being collected; so does the server, by its ref.
      missing: async () => [],
      async getMany(hashes) {
        const found: (Uint8Array | undefined)[] = [];
        while (found.length < hashes.length) {
          const some = hashes.slice(found.length, found.length + READ_AT_ONCE);
          found.push(...((await ask("read", { hashes: some })) as (Uint8Array | undefined)[]));
        }
        return found;
      },
    },
    expect: async (root) => {
      await ask("expect", { root });
    },
    target: {
      missing: async (nodes, contents) => (await ask("missing", { nodes, contents })) as Hash[],
      put: async (chunks: readonly StoredChunk[]) => {
        await ask("put", { chunks });
      },
    },
    arrive: async (root) => {
      await ask("arrive", { root });
    },
  };
}

/** Each request may be made again: none does anything twice. */
async function request(
  transport: Transport,
  name: string,
  action: string,
  value: object,
): Promise<unknown> {
  const begun = performance.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const body = encodeValue(value) as Uint8Array<ArrayBuffer>;
      const path = `/vms/${encodeURIComponent(name)}/travel/${action}`;
      const headers = { "content-type": "application/cbor" };
      const response = await transport.fetch(path, { method: "POST", headers, body });
      if (!response.ok) await answerOf(response);
      return decodeValue(await bodyOf(response), Number.POSITIVE_INFINITY);
    } catch (reason) {
      if (!isCut(reason) || performance.now() - begun > RETRY_MS) throw reason;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

class Cut extends Error {}

async function bodyOf(response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new Cut("the answer was cut", { cause });
  }
}

function isCut(reason: unknown): boolean {
  return reason instanceof Cut || (reason as { code?: string }).code === "ERR_UNREACHABLE";
}

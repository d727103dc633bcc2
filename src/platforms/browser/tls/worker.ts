/**
 * A worker of the kernel's worker, in which OpenSSL's wasm speaks TLS for guests of all machines: what
 * takes long holds up nobody who asks for something else. Its files lie beside its own.
 */
import { expose, transfer } from "comlink";
import { type Errno, KernelError } from "../../../../kernel/abi.ts";
import type { HostTls, HostTlsObject } from "../../../../kernel/index.ts";
import { AUTHORITIES, OPENSSL } from "../../../browser-files/names.ts";
import { opensslTls } from "../../openssl/index.ts";
import { fetchFile } from "../engine-options.ts";
import { browserHost } from "../host.ts";

declare const self: DedicatedWorkerGlobalScope;

/** An answer, or the errno of the call's own failure; and what the object holds then. */
export interface Outcome {
  readonly answer?: Uint8Array;
  readonly errno?: Errno;
  readonly holds: number;
}

export interface TlsService {
  ask(message: Uint8Array): Promise<Outcome>;
  open(id: number, kind: string, context: number | undefined): Promise<void>;
  call(id: number, message: Uint8Array, others: readonly number[]): Promise<Outcome>;
  close(id: number): Promise<void>;
}

/** By number; one that could not be opened is an errno. */
const objects = new Map<number, HostTlsObject | Errno>();
const loading = load();

const service: TlsService = {
  async ask(message) {
    const tls = await loading;
    return outcome(0, () => tls.ask(message));
  },
  async open(id, kind, context) {
    const tls = await loading;
    try {
      objects.set(id, tls.open(kind, context === undefined ? undefined : objectOf(context)));
    } catch (reason) {
      objects.set(id, errnoOf(reason));
    }
  },
  async call(id, message, others) {
    await loading;
    return outcome(id, () => objectOf(id).call(message, others.map(objectOf)));
  },
  async close(id) {
    await loading;
    const object = objects.get(id);
    objects.delete(id);
    if (typeof object === "object") object.close();
  },
};

expose(service);

async function outcome(id: number, act: () => Uint8Array | Promise<Uint8Array>): Promise<Outcome> {
  try {
    const answer = await act();
    return transfer({ answer, holds: holdsOf(id) }, [answer.buffer]);
  } catch (reason) {
    return { errno: errnoOf(reason), holds: holdsOf(id) };
  }
}

function objectOf(id: number): HostTlsObject {
  const object = objects.get(id);
  if (typeof object === "object") return object;
  throw new KernelError(object as Errno);
}

function holdsOf(id: number): number {
  const object = objects.get(id);
  return typeof object === "object" ? object.holds : 0;
}

/** What is no failure of the call's is a fault of the library, and ends its worker. */
function errnoOf(reason: unknown): Errno {
  if (reason instanceof KernelError) return reason.errno;
  throw reason;
}

async function load(): Promise<HostTls> {
  const [library, authorities] = await Promise.all([
    fetchFile(beside(OPENSSL)),
    fetchFile(beside(AUTHORITIES)),
  ]);
  return opensslTls({
    module: await WebAssembly.compile(await library.arrayBuffer()),
    random: (target) => browserHost.random(target),
    now: () => Date.now(),
    roots: (await authorities.text()).match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [],
  });
}

function beside(name: string): URL {
  return new URL(name, self.location.href);
}

/** The Durable Object of the stores' tests: runs a case of the suite on its own storage. */
import {
  type DurableObjectStorage,
  openDurableObjectStore,
} from "../../../src/stores/durable-object.ts";
import { runCase, STORE_CASES } from "../../src/stores/conformance.ts";

interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}

export class StoreObject {
  readonly #storage: DurableObjectStorage;

  constructor(context: { storage: DurableObjectStorage }) {
    this.#storage = context.storage;
  }

  async fetch(request: Request): Promise<Response> {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const storeCase = STORE_CASES.find((each) => each.name === name);
    if (!storeCase) return new Response(`there is no case ${name}`, { status: 404 });
    try {
      await runCase(storeCase, { open: () => openDurableObjectStore(this.#storage) });
      return new Response();
    } catch (error) {
      const { stack, message, code } = error as Error & { code?: string };
      return new Response(`${message ?? code}\n${stack}`, { status: 500 });
    }
  }
}

/** One object for each path. */
export default {
  fetch(request: Request, { OBJECTS }: { OBJECTS: Namespace }): Promise<Response> {
    return OBJECTS.get(OBJECTS.idFromName(new URL(request.url).pathname)).fetch(request);
  },
};

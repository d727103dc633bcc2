/** The Durable Object of the crash suite: writes until workerd is killed, or checks what is there. */
import {
  type DurableObjectStorage,
  openDurableObjectStore,
} from "../../../src/stores/durable-object.ts";
import { find, writeForever } from "./workload.ts";

interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}

export class CrashObject {
  readonly #storage: DurableObjectStorage;

  constructor(context: { storage: DurableObjectStorage }) {
    this.#storage = context.storage;
  }

  /** `/find` or `/write`, `?seed=N`. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const seed = Number(searchParams.get("seed"));
    const store = await openDurableObjectStore(this.#storage);
    if (pathname === "/find") return Response.json(await find(store, seed));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const say = (text: string) => writer.write(new TextEncoder().encode(`${text}\n`));
    writeForever(store, seed, (commit) => say(`${commit}`)).catch((error) => say(`${error}`));
    return new Response(readable);
  }
}

export default {
  fetch(request: Request, { OBJECTS }: { OBJECTS: Namespace }): Promise<Response> {
    return OBJECTS.get(OBJECTS.idFromName("main")).fetch(request);
  },
};

/** The Durable Object of the stores' bench: `/STEP?count=N&size=N`. */
import {
  type DurableObjectStorage,
  openDurableObjectStore,
} from "../../../src/stores/durable-object.ts";
import { type Step, StoreWork } from "./work.ts";

interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}

export class BenchObject {
  readonly #work: Promise<StoreWork>;

  constructor(context: { storage: DurableObjectStorage }) {
    this.#work = openDurableObjectStore(context.storage).then((store) => new StoreWork(store));
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [count, size] = ["count", "size"].map((name) => Number(searchParams.get(name)));
    await (await this.#work)[pathname.slice(1) as Step](count as number, size as number);
    return new Response();
  }
}

export default {
  fetch(request: Request, { OBJECTS }: { OBJECTS: Namespace }): Promise<Response> {
    return OBJECTS.get(OBJECTS.idFromName("main")).fetch(request);
  },
};

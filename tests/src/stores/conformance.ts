/**
 * What every store must do, as a table of small programs without any framework, so that it runs wherever
 * a store does: in Node, in a tab, in workerd.
 */
import {
  CHUNK_BYTES_MAX,
  type ChunkStore,
  type Hash,
  type StoredChunk,
} from "../../../kernel/state/chunk-store.ts";
import { equal, failure, truthy } from "./assert.ts";
import { chunk, chunkOf, chunks, hashesOf } from "./chunks.ts";

/** One storage, empty at first. */
export interface TestStorage {
  /** A store on it; several share it. */
  open(): Promise<ChunkStore>;
}

/**
 * swap: the comparison and the change of a ref are one step, whoever else does the same.
 * locks: a lock keeps other stores on the same storage out.
 * sweep: it knows when a chunk was put, found or referred to.
 * usage: it knows how much it holds.
 */
export type Ability = "swap" | "locks" | "sweep" | "usage";

export interface StoreCase {
  readonly name: string;
  readonly needs?: Ability;
  run(store: ChunkStore, storage: TestStorage): Promise<void>;
}

const NEVER: Hash = "0".repeat(64);
const MAIN = "machines/main";

async function listed(store: ChunkStore): Promise<Hash[]> {
  const found: Hash[] = [];
  for await (const { hash } of store.list()) found.push(hash);
  return found.sort();
}

/** Stores `all` and points a ref at the first of them. */
async function commit(store: ChunkStore, all: readonly StoredChunk[], name = MAIN): Promise<void> {
  await store.put(all);
  const expected = await store.readRef(name);
  truthy(await store.swapRef(name, expected, all[0]?.hash), "the commit swaps");
}

const chunkCases: StoreCase[] = [
  {
    name: "an empty store holds nothing",
    async run(store) {
      equal(await store.get(NEVER), undefined, "get");
      equal(await store.getMany([NEVER, NEVER]), [undefined, undefined], "getMany");
      equal(await store.getMany([]), [], "getMany of none");
      equal(await store.missing([NEVER]), [NEVER], "missing");
      equal(await listed(store), [], "list");
      equal(await store.readRef(MAIN), undefined, "readRef");
      equal((await store.refs()).size, 0, "refs");
    },
  },
  {
    name: "what was put can be had at once",
    async run(store) {
      const { hash, bytes } = await chunk(1);
      await store.put([{ hash, bytes }]);
      equal(await store.get(hash), bytes, "get");
      truthy((await store.get(hash)) instanceof Uint8Array, "a Uint8Array");
      equal(await store.missing([hash, NEVER]), [NEVER], "missing");
      equal(await listed(store), [hash], "list");
    },
  },
  {
    name: "sizes: none, one, the largest",
    async run(store) {
      const all = await Promise.all(
        [0, 1, 2, 65_535, 65_536, 65_537, CHUNK_BYTES_MAX].map((size) => chunk(size, size)),
      );
      await commit(store, all);
      const found = await store.getMany(hashesOf(all));
      for (const [index, { bytes, hash }] of all.entries()) {
        equal(found[index]?.length, bytes.length, "length");
        equal((await chunkOf(found[index] as Uint8Array)).hash, hash, `hash of ${bytes.length}`);
      }
      const sizes = new Map<Hash, number>();
      for await (const { hash, size } of store.list()) sizes.set(hash, size);
      equal(sizes, new Map(all.map(({ hash, bytes }) => [hash, bytes.length])), "listed sizes");
    },
  },
  {
    name: "too large a chunk, or a wrong hash, is refused",
    async run(store) {
      const { hash } = await chunk(1);
      const large = store.put([{ hash, bytes: new Uint8Array(CHUNK_BYTES_MAX + 1) }]);
      truthy((await failure(large)) instanceof RangeError, "too large");
      for (const wrong of ["", "../../etc/passwd", NEVER.slice(1), `${NEVER}0`, "G".repeat(64)]) {
        const put = store.put([{ hash: wrong, bytes: new Uint8Array(1) }]);
        truthy((await failure(put)) instanceof RangeError, `hash ${wrong}`);
        equal(await store.get(wrong), undefined, `get ${wrong}`);
        equal(await store.missing([wrong]), [wrong], `missing ${wrong}`);
        await store.delete([wrong]);
      }
      equal(await listed(store), [], "nothing was stored");
    },
  },
  {
    name: "many at once, in the order asked",
    async run(store) {
      const all = await chunks(500, 50);
      await commit(store, all);
      const order = [...all].reverse();
      const asked = [...hashesOf(order), NEVER, ...hashesOf(order)];
      const expected = [
        ...order.map(({ bytes }) => bytes),
        undefined,
        ...order.map((c) => c.bytes),
      ];
      equal(await store.getMany(asked), expected, "getMany");
      equal(await store.missing([NEVER, ...hashesOf(all)]), [NEVER], "missing");
      equal(await listed(store), hashesOf(all).sort(), "list");
    },
  },
  {
    name: "bytes in the middle of a buffer are stored alone",
    async run(store) {
      const buffer = new Uint8Array(1000).fill(9);
      const { hash, bytes } = await chunkOf(buffer.subarray(10, 20));
      await store.put([{ hash, bytes }]);
      equal(await store.get(hash), bytes, "get");
    },
  },
  {
    name: "putting again changes nothing",
    async run(store) {
      const { hash, bytes } = await chunk(1);
      await store.put([
        { hash, bytes },
        { hash, bytes },
      ]);
      await store.put([{ hash, bytes }]);
      await commit(store, [{ hash, bytes }]);
      await store.put([{ hash, bytes }]);
      equal(await listed(store), [hash], "list");
      equal(await store.get(hash), bytes, "get");
    },
  },
  {
    name: "deleted chunks are gone, others stay",
    async run(store) {
      const all = await chunks(4);
      const [root, first, second, late] = all as [
        StoredChunk,
        StoredChunk,
        StoredChunk,
        StoredChunk,
      ];
      await commit(store, [root, first, second]);
      await store.put([late]);
      await store.delete([first.hash, late.hash, NEVER]);
      await store.delete([]);
      equal(await listed(store), [root.hash, second.hash].sort(), "list");
      equal(await store.get(late.hash), undefined, "one that was put but not committed");
      equal(await store.missing(hashesOf(all)), [first.hash, late.hash], "missing");
      await commit(store, [first]);
      equal(await store.get(first.hash), first.bytes, "put again");
    },
  },
  {
    name: "usage counts what is held, once",
    needs: "usage",
    async run(store) {
      equal((await store.usage()).bytes, 0, "nothing at first");
      const all = await chunks(10, 1000);
      await commit(store, all);
      await commit(store, all);
      const { bytes, quota } = await store.usage();
      truthy(bytes >= 10_000 && bytes < 20_000, `${bytes} bytes are about 10,000`);
      truthy(quota === undefined || quota >= bytes, "a quota of at least that");
      await store.delete(hashesOf(all.slice(1)));
      truthy((await store.usage()).bytes < bytes, "less once most is deleted");
    },
  },
];

const refCases: StoreCase[] = [
  {
    name: "a ref is made, moved and removed by who knows its value",
    async run(store) {
      const [a, b] = (await chunks(2)) as [StoredChunk, StoredChunk];
      await store.put([a, b]);
      equal(await store.swapRef(MAIN, a.hash, b.hash), false, "there is none yet");
      equal(await store.swapRef(MAIN, undefined, a.hash), true, "made");
      equal(await store.swapRef(MAIN, undefined, b.hash), false, "there is one");
      equal(await store.swapRef(MAIN, b.hash, b.hash), false, "another value");
      equal(await store.readRef(MAIN), a.hash, "unchanged");
      equal(await store.swapRef(MAIN, a.hash, b.hash), true, "moved");
      equal(await store.readRef(MAIN), b.hash, "value");
      equal(await store.swapRef(MAIN, a.hash, undefined), false, "not removed by the ignorant");
      equal(await store.swapRef(MAIN, b.hash, undefined), true, "removed");
      equal(await store.readRef(MAIN), undefined, "gone");
      equal(await store.swapRef(MAIN, undefined, undefined), true, "none is none");
    },
  },
  {
    name: "no ref points at nothing",
    async run(store) {
      equal((await failure(store.swapRef(MAIN, undefined, NEVER))).code, "ENOENT", "made");
      equal((await store.refs()).size, 0, "refs");
    },
  },
  {
    name: "names of refs are told apart exactly",
    async run(store) {
      const names = ["machines/a", "machines/A", "snapshots/a", "machines/a.b-c_d", "machines/a.B"];
      names.push(`snapshots/${"x".repeat(128)}`);
      const all = await chunks(names.length);
      await store.put(all);
      for (const [index, name] of names.entries()) {
        equal(await store.swapRef(name, undefined, all[index]?.hash), true, `make ${name}`);
      }
      const expected = new Map(names.map((name, index) => [name, all[index]?.hash]));
      equal(new Map(await store.refs()), expected, "refs");
    },
  },
  {
    name: "names that are none are refused",
    async run(store) {
      const { hash, bytes } = await chunk(1);
      await store.put([{ hash, bytes }]);
      const long = `machines/${"x".repeat(129)}`;
      for (const name of [
        "",
        "main",
        "machines/",
        "machines/../x",
        "machines/.x",
        "other/x",
        long,
      ]) {
        const swap = store.swapRef(name, undefined, hash);
        truthy((await failure(swap)) instanceof RangeError, `swapRef ${name}`);
        truthy((await failure(store.lock(name))) instanceof RangeError, `lock ${name}`);
      }
      equal((await store.refs()).size, 0, "refs");
    },
  },
  {
    name: "another store on the same storage sees what was committed",
    async run(store, storage) {
      const all = await chunks(20);
      await commit(store, all);
      const other = await storage.open();
      equal(await other.readRef(MAIN), all[0]?.hash, "ref");
      equal(await other.missing(hashesOf(all)), [], "chunks");
      await commit(other, await chunks(1, 100, 50), "snapshots/other");
      equal((await store.refs()).size, 2, "the first sees the other's");
      await other.close();
      equal(await store.get(all[3]?.hash as Hash), all[3]?.bytes, "the first goes on");
    },
  },
  {
    name: "what was committed is there when it is opened again",
    async run(store, storage) {
      const all = await chunks(20);
      await commit(store, all);
      await store.close();
      const again = await storage.open();
      equal(await again.readRef(MAIN), all[0]?.hash, "ref");
      equal(
        await again.getMany(hashesOf(all)),
        all.map(({ bytes }) => bytes),
        "chunks",
      );
      await again.close();
    },
  },
  {
    name: "of many who swap at once, one wins each round",
    needs: "swap",
    async run(store, storage) {
      const other = await storage.open();
      const all = await chunks(12);
      await store.put(all);
      await store.swapRef("machines/other", undefined, all[0]?.hash);
      let current: Hash | undefined;
      for (let round = 0; round < 3; round++) {
        const swaps = all.map(({ hash }, i) =>
          (i % 2 ? store : other).swapRef(MAIN, current, hash),
        );
        const won = (await Promise.all(swaps)).flatMap((yes, index) => (yes ? [index] : []));
        equal(won.length, 1, "winners");
        const value = await store.readRef(MAIN);
        equal(value, all[won[0] as number]?.hash, "the winner's value");
        await store.swapRef(MAIN, value, undefined);
        current = undefined;
      }
      await other.close();
    },
  },
];

const lockCases: StoreCase[] = [
  {
    name: "a lock keeps others out until it is released",
    needs: "locks",
    async run(store, storage) {
      const other = await storage.open();
      const lock = await store.lock(MAIN);
      for (const second of [store, other]) {
        const refused = await failure(second.lock(MAIN));
        equal(refused.code, "ERR_STORE_BUSY", "refused");
        truthy(/^machines\/main is in use by \w/.test(refused.message ?? ""), `${refused.message}`);
      }
      const neighbour = await other.lock("machines/neighbour");
      await lock.release();
      await lock.release();
      const next = await other.lock(MAIN);
      await lock.release();
      equal((await failure(store.lock(MAIN))).code, "ERR_STORE_BUSY", "the next one's");
      await next.release();
      await neighbour.release();
      await (await store.lock(MAIN)).release();
      await other.close();
    },
  },
  {
    name: "of many who lock at once, one gets it",
    needs: "locks",
    async run(store, storage) {
      const other = await storage.open();
      const tries = Array.from({ length: 10 }, (_, i) => (i % 2 ? store : other).lock(MAIN));
      const settled = await Promise.allSettled(tries);
      equal(settled.filter(({ status }) => status === "fulfilled").length, 1, "holders");
      await other.close();
    },
  },
  {
    name: "closing lets go of locks",
    needs: "locks",
    async run(store, storage) {
      const other = await storage.open();
      await other.lock(MAIN);
      await other.close();
      await (await store.lock(MAIN)).release();
    },
  },
];

const sweepCases: StoreCase[] = [
  {
    name: "a sweep takes what it is told",
    needs: "sweep",
    async run(store) {
      const all = await chunks(6);
      await commit(store, all);
      const [root, a, b] = all as [StoredChunk, StoredChunk, StoredChunk];
      equal(await store.sweep([a.hash, NEVER], Number.POSITIVE_INFINITY), [], "none is left");
      equal(await store.missing([root.hash, a.hash, b.hash]), [a.hash], "only that one");
      equal(await store.sweep([], Number.POSITIVE_INFINITY), [], "nothing");
    },
  },
  {
    name: "a sweep leaves what somebody touched lately",
    needs: "sweep",
    async run(store, storage) {
      const all = (await chunks(4)) as [StoredChunk, StoredChunk, StoredChunk, StoredChunk];
      const [root, old, asked, referred] = all;
      // One by one: what was stored together may be touched together.
      for (const each of all) await commit(store, [each]);
      await commit(store, [root]);
      const hashes = [old.hash, asked.hash, referred.hash];
      const left = await store.sweep([...hashes, NEVER], Date.now() - 60_000);
      equal(left.sort(), [...hashes].sort(), "a minute's grace");
      // Clocks of storages tick in their own steps.
      await new Promise((settle) => setTimeout(settle, 30));
      const then = Date.now() - 5;
      const other = await storage.open();
      equal(await other.missing([asked.hash]), [], "asked for in another store");
      truthy(await other.swapRef("snapshots/s", undefined, referred.hash), "a ref to one");
      equal((await store.sweep(hashes, then)).sort(), [asked.hash, referred.hash].sort(), "left");
      equal(await store.missing([root.hash, ...hashes]), [old.hash], "nobody wanted it");
      await other.close();
    },
  },
];

export const STORE_CASES: readonly StoreCase[] = [
  ...chunkCases,
  ...refCases,
  ...lockCases,
  ...sweepCases,
];

/** What a store without `lacking` must do. */
export function casesWithout(lacking: readonly Ability[]): StoreCase[] {
  return STORE_CASES.filter(({ needs }) => needs === undefined || !lacking.includes(needs));
}

/** Runs one case on a storage of its own. */
export async function runCase({ run }: StoreCase, storage: TestStorage): Promise<void> {
  const store = await storage.open();
  try {
    await run(store, storage);
  } finally {
    await store.close();
  }
}

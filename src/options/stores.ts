/** Descriptors of the storage that createVm keeps machines in; the kernel's thread opens it. */
import type { Snapshot, StoreSource } from "../machine/protocol.ts";
import { refuse, text } from "./check.ts";

/** Made by directoryStore(), memoryStore() and what other hosts have. */
export type Store = StoreSource;

/** Memory of this process: machines of this name's store can be forked and restored until it ends. */
export function memoryStore(name: string): Store {
  return { type: "memory", name: text({ where: "memoryStore", name: "name" }, name) };
}

/** A database of the page's origin (IndexedDB). */
export function indexedDbStore(name = "isopod"): Store {
  return { type: "indexed-db", name: text({ where: "indexedDbStore", name: "name" }, name) };
}

const TYPES = ["memory", "directory", "indexed-db", "durable-object"];
const REMEDY = "Make one with directoryStore(path) or memoryStore(name).";

export function store(place: { where: string; name: string }, value: unknown): Store {
  const { type } = (value ?? {}) as { type?: unknown };
  if (typeof type === "string" && TYPES.includes(type)) return value as Store;
  return refuse(place, value, "a store", REMEDY);
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The name of a machine or snapshot in a store. */
export function storedName(place: { where: string; name: string }, value: unknown): string {
  if (typeof value === "string" && NAME.test(value)) return value;
  const expected =
    "up to 128 letters, digits, dots, dashes and underscores, a letter or digit first";
  return refuse(place, value, expected);
}

export function snapshot(place: { where: string; name: string }, value: unknown): Snapshot {
  const { id, store } = (value ?? {}) as Partial<Snapshot>;
  if (typeof id === "string" && typeof store === "object") return value as Snapshot;
  return refuse(place, value, "a snapshot or its name", "vm.snapshot() makes one.");
}

/** How the kernel's thread is told of a snapshot. */
export function snapshotId(where: string, name: string, value: unknown): string {
  const place = { where, name };
  return typeof value === "string" ? storedName(place, value) : snapshot(place, value).id;
}

/**
 * The machines that this page knows: those kept in this browser, and those on servers. The list is the
 * page's own; a machine's files are in the store, under its id.
 */
import { computed, effect, signal } from "@preact/signals";
import { remember, remembered } from "./settings.ts";

export interface MachineEntry {
  /** Its name in the browser's store, or on its server. */
  readonly id: string;
  readonly label: string;
  /** Of the server that it runs on; undefined: in this tab. */
  readonly server?: string;
  /** It was never started: its first terminal says what there is to try. */
  readonly isNew?: boolean;
  /** What it was forked from, in words. */
  readonly from?: string;
}

const FIRST: MachineEntry = { id: "main", label: "My machine", isNew: true };
const LIST = "machines";

export const machines = signal<readonly MachineEntry[]>(read());
export const current = signal<MachineEntry>(chosen());
export const isRemote = computed(() => current.value.server !== undefined);

effect(() => remember(LIST, JSON.stringify(machines.value)));

// Other tabs make machines too.
addEventListener("storage", ({ key }) => {
  if (key === `isopod.${LIST}`) machines.value = read();
});

/** The address names the machine, so that each tab keeps to its own, and a reload to the same. */
export function choose(entry: MachineEntry): void {
  const address = `#${encodeURIComponent(keyOf(entry))}`;
  if (location.hash === address) current.value = entry;
  else location.hash = address;
}

addEventListener("hashchange", () => {
  const entry = chosen();
  if (keyOf(entry) !== keyOf(current.peek())) current.value = entry;
});

export function add(entry: MachineEntry): void {
  machines.value = [...machines.value.filter((other) => keyOf(other) !== keyOf(entry)), entry];
}

export function change(entry: MachineEntry, changes: Partial<MachineEntry>): void {
  const changed = (other: MachineEntry) =>
    keyOf(other) === keyOf(entry) ? { ...other, ...changes } : other;
  machines.value = machines.value.map(changed);
  if (keyOf(current.peek()) === keyOf(entry)) current.value = changed(current.peek());
}

/** Forgets it; what is shown then. */
export function forget(entry: MachineEntry): MachineEntry {
  const left = machines.value.filter((other) => keyOf(other) !== keyOf(entry));
  machines.value = left.length > 0 ? left : [FIRST];
  return machines.value[0] as MachineEntry;
}

/** The same for a machine in every tab, and for no other. */
export function keyOf({ id, server }: MachineEntry): string {
  return server === undefined ? id : `${id}@${server}`;
}

/** A name for a store or a server that nobody has yet. */
export function newId(label: string): string {
  const slug = slugOf(label);
  const taken = new Set(machines.value.map(({ id }) => id));
  if (!taken.has(slug)) return slug;
  return `${slug}-${crypto.randomUUID().slice(0, 6)}`;
}

export function slugOf(label: string): string {
  const slug = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return slug.slice(0, 40) || "machine";
}

function chosen(): MachineEntry {
  const key = decodeURIComponent(location.hash.slice(1));
  const known = machines.peek();
  return known.find((entry) => keyOf(entry) === key) ?? (known[0] as MachineEntry);
}

function read(): readonly MachineEntry[] {
  try {
    const list = JSON.parse(remembered(LIST) ?? "[]") as MachineEntry[];
    const known = list.filter(
      ({ id, label }) => typeof id === "string" && typeof label === "string",
    );
    return known.length > 0 ? known : [FIRST];
  } catch {
    return [FIRST];
  }
}

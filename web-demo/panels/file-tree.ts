/**
 * The tree of files as the page knows it: directories that are open, read anew when their time of change
 * moves. The machine has no way to tell of changes, so open directories are looked at now and then.
 */
import { signal } from "@preact/signals";
import type { Vm } from "../../src/browser.ts";

export type Kind = "directory" | "file" | "symlink" | "other";

export interface TreeEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: Kind;
}

const LOOK_MS = 1000;

export class FileTree {
  readonly root: string;
  /** Entries of the directories that were read, by path. */
  readonly listings = signal<ReadonlyMap<string, readonly TreeEntry[]>>(new Map());
  readonly open = signal<ReadonlySet<string>>(new Set());
  readonly #vm: Vm;
  readonly #changed = new Map<string, number>();
  #looking = false;

  constructor(vm: Vm, root: string) {
    this.#vm = vm;
    this.root = root;
    this.open.value = new Set([root]);
  }

  /** Looks at open directories now and then, until the result is called. */
  watch(): () => void {
    const timer = setInterval(() => void this.refresh(), LOOK_MS);
    void this.refresh();
    return () => clearInterval(timer);
  }

  async toggle(path: string): Promise<void> {
    const open = new Set(this.open.value);
    if (!open.delete(path)) open.add(path);
    this.open.value = open;
    if (open.has(path)) await this.#read(path);
  }

  /** Reads open directories that have changed since. */
  async refresh(): Promise<void> {
    if (this.#looking || document.hidden) return;
    this.#looking = true;
    try {
      for (const path of this.open.value) await this.#read(path);
    } finally {
      this.#looking = false;
    }
  }

  async #read(path: string): Promise<void> {
    try {
      const { mtimeMs } = await this.#vm.fs.stat(path);
      if (this.#changed.get(path) === mtimeMs && this.listings.value.has(path)) return;
      const found = await this.#vm.fs.readdir(path, { withFileTypes: true });
      this.#changed.set(path, mtimeMs);
      const entries = found.map((entry): TreeEntry => {
        const kind = entry.isDirectory()
          ? "directory"
          : entry.isSymbolicLink()
            ? "symlink"
            : entry.isFile()
              ? "file"
              : "other";
        return { name: entry.name, path: join(path, entry.name), kind };
      });
      this.#set(path, entries.sort(byKindAndName));
    } catch {
      // Removed meanwhile: its parent's listing will say so.
      this.#set(path, undefined);
    }
  }

  #set(path: string, entries: readonly TreeEntry[] | undefined): void {
    const listings = new Map(this.listings.value);
    if (entries) listings.set(path, entries);
    else {
      listings.delete(path);
      this.#changed.delete(path);
      this.open.value = new Set([...this.open.value].filter((open) => open !== path));
    }
    this.listings.value = listings;
  }
}

export function join(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function byKindAndName(a: TreeEntry, b: TreeEntry): number {
  const rank = Number(b.kind === "directory") - Number(a.kind === "directory");
  return rank || a.name.localeCompare(b.name, undefined, { numeric: true });
}

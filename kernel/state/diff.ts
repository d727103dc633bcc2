/** What differs between two trees over the same image: paths, found without looking at what is equal. */
import type { InodeRecord } from "./records.ts";
import { isDirectory, type Place, type TreeView } from "./tree-view.ts";

export type Difference = readonly [kind: "added" | "changed" | "removed", path: string];

/** In no order. Times of access do not count; a directory counts as changed where it itself is. */
export async function* differences(before: TreeView, after: TreeView): AsyncGenerator<Difference> {
  const sameLinks = before.links === after.links;
  const waiting: [string, Place | undefined, Place | undefined][] = [["", before.root, after.root]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [path, old, now] = next;
    if (path !== "") {
      if (!old) yield ["added", path];
      else if (!now) yield ["removed", path];
      else if (!isSame(old, now)) yield ["changed", path];
    }
    const from = old && isDirectory(old) ? old : undefined;
    const to = now && isDirectory(now) ? now : undefined;
    if (from && to && isSameInside(from, to, sameLinks)) continue;
    const names = [from && (await before.names(from)), to && (await after.names(to))];
    for (const name of new Set(names.flatMap((some) => some ?? []))) {
      const a = from && (await before.child(from, name));
      const b = to && (await after.child(to, name));
      if (a || b) waiting.push([`${path}/${name}`, a, b]);
    }
  }
}

/** Directories with the same records over the same image. A file with several names may change in them. */
function isSameInside(a: Place, b: Place, sameLinks: boolean): boolean {
  if (a.record?.entries !== b.record?.entries || a.lower !== b.lower) return false;
  return sameLinks || a.record?.entries === undefined;
}

/** The file itself: what is in a directory does not count. */
function isSame(a: Place, b: Place): boolean {
  if (!a.record && !b.record) return a.lower === b.lower;
  if (!sameAttributes(a, b)) return false;
  if (a.record && b.record) return sameContent(a.record, b.record);
  // A directory may be recorded for what is in it; any other file differs from the image's.
  return isDirectory(a) && isDirectory(b);
}

function sameAttributes(a: Place, b: Place): boolean {
  const one = a.record ?? a.lower?.attributes();
  const two = b.record ?? b.lower?.attributes();
  if (!one || !two) return false;
  const { mode, uid, gid, mtime } = one;
  return mode === two.mode && uid === two.uid && gid === two.gid && mtime === two.mtime;
}

function sameContent(a: InodeRecord, b: InodeRecord): boolean {
  return textOf(a) === textOf(b);
}

/** Content with the digest of what shows through, target, device number, extended attributes. */
function textOf({ content, target, rdev, xattrs }: InodeRecord): string {
  const own = xattrs?.inline?.map(([name, value]) => [name, ...value]);
  return JSON.stringify([content, target, rdev, xattrs?.root, own]);
}

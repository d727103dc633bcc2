/** From a place back to its path, for getcwd(2) and /proc. */
import { S_IFDIR, S_IFMT } from "./constants.ts";
import type { Inode } from "./file-system.ts";
import type { Location, Mount } from "./mount-table.ts";

/** The directory that holds `location`; at the root of everything, that itself. */
export function parentOf(location: Location): Location {
  const { mount, inode } = bottom(location);
  return { mount, inode: inode.parent ?? inode };
}

/**
 * The absolute path of `location` as seen from `root`; undefined where no name leads there any more, or
 * where it lies outside of `root`.
 */
export function pathOf(location: Location, root: Location): string | undefined {
  let path = "";
  let { mount, inode }: { mount: Mount; inode: Inode } = location;
  while (mount !== root.mount || inode !== root.inode) {
    ({ mount, inode } = bottom({ mount, inode }));
    if (mount === root.mount && inode === root.inode) break;
    const { parent } = inode;
    if (!parent || !isHere(parent, inode)) return undefined;
    path = `/${inode.name}${path}`;
    inode = parent;
  }
  return path === "" ? "/" : path;
}

/** The absolute path of `location` in the machine's tree, by the names that it has or had last. */
export function wholePathOf(location: Location): string {
  let path = "";
  let { mount, inode } = bottom(location);
  while (inode.parent) {
    path = `/${inode.name}${path}`;
    ({ mount, inode } = bottom({ mount, inode: inode.parent }));
  }
  return path === "" ? "/" : path;
}

/** The path of `location` as links of /proc show it: one that is gone says so. */
export function describe(location: Location, root: Location): string {
  const path = pathOf(location, root);
  if (path !== undefined) return path;
  const parent = pathOf(parentOf(location), root);
  if (parent === undefined) return "(unreachable)";
  const { inode } = location;
  const name = inode.name !== "" ? inode.name : `#${inode.attributes().ino}`;
  return `${parent === "/" ? "" : parent}/${name} (deleted)`;
}

/** The place under all mounts whose root `location` is. */
function bottom(location: Location): Location {
  let at = location;
  while (at.inode === at.mount.root.inode && at.mount.over) at = at.mount.over;
  return at;
}

function isHere(parent: Inode, inode: Inode): boolean {
  const { ino, mode, nlink } = inode.attributes();
  if ((mode & S_IFMT) === S_IFDIR) return nlink > 0;
  // Some drivers make an inode anew at every lookup, with the same number.
  return parent.lookup(inode.name)?.attributes().ino === ino;
}

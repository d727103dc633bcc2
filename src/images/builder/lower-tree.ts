/**
 * What the layers below a new one hold: where links lead its paths (`/bin/x` to `/usr/bin/x`), which
 * parents are there already, and whose numbers the names of owners are.
 */

import type { ImageEntry, ImageSource } from "../../../kernel/vfs/image-source.ts";
import { isSleep } from "../../../kernel/wait/sleep.ts";
import { imageError } from "../oci/digest.ts";
import type { NewEntry } from "../write-layer.ts";

const LINKS_MAX = 40;
const USERS = "/etc/passwd";
const GROUPS = "/etc/group";

export class LowerTree {
  readonly #tree: Map<string, Pick<ImageEntry, "kind" | "target">>;
  #users: ReadonlyMap<string, number>;
  #groups: ReadonlyMap<string, number>;

  private constructor(
    tree: Map<string, Pick<ImageEntry, "kind" | "target">>,
    users: ReadonlyMap<string, number>,
    groups: ReadonlyMap<string, number>,
  ) {
    this.#tree = tree;
    this.#users = users;
    this.#groups = groups;
  }

  static async over(source: ImageSource | undefined): Promise<LowerTree> {
    const tree = new Map(source?.entries.map((entry) => [entry.path, entry] as const));
    const table = async (path: string) => {
      const content = tree.get(path)?.content;
      return idsOf(source && content ? await contentText(source, content) : "");
    };
    return new LowerTree(tree, await table(USERS), await table(GROUPS));
  }

  has(path: string): boolean {
    return this.#tree.has(path);
  }

  /** The path without links on the way; what it names itself is left as it is. */
  resolve(path: string): string {
    const rest = path.split("/").slice(1);
    const done: string[] = [];
    for (let links = 0; rest.length > 0; ) {
      const name = rest.shift() as string;
      if (name === "" || name === ".") continue;
      if (name === "..") {
        done.pop();
        continue;
      }
      const here = `/${[...done, name].join("/")}`;
      const found = this.#tree.get(here);
      if (found?.kind !== "symlink" || rest.length === 0) {
        done.push(name);
        continue;
      }
      if (++links > LINKS_MAX) throw imageError(path, "leads through too many links");
      const target = found.target ?? "";
      if (target.startsWith("/")) done.length = 0;
      rest.unshift(...target.split("/"));
    }
    return `/${done.join("/")}`;
  }

  /** `USER` or `USER:GROUP`; without a group the user's own number. */
  owner(owner: string | undefined): { uid: number; gid: number } {
    if (owner === undefined) return { uid: 0, gid: 0 };
    const [user = "", group] = owner.split(":");
    const uid = numberOf(user, this.#users, "user");
    return { uid, gid: group === undefined ? uid : numberOf(group, this.#groups, "group") };
  }

  /** What a layer does becomes what the next one finds. */
  async apply(entries: Iterable<NewEntry>): Promise<void> {
    for (const { path, kind, target, bytes } of entries) {
      if (path === USERS || path === GROUPS) {
        const text = new TextDecoder().decode(typeof bytes === "function" ? await bytes() : bytes);
        if (path === USERS) this.#users = idsOf(text);
        else this.#groups = idsOf(text);
      }
      if (kind !== "directory") {
        for (const other of this.#tree.keys()) {
          if (other === path || other.startsWith(`${path}/`)) this.#tree.delete(other);
        }
      }
      // A tar's whiteouts go with their names; those below stay until the image is opened.
      if (kind === "whiteout" || path.includes("/.wh.")) continue;
      const own = kind === "hardlink" ? "file" : kind;
      this.#tree.set(path, { kind: own, ...(target === undefined ? {} : { target }) });
    }
  }
}

/** Numbers by name, as in /etc/passwd and /etc/group. */
function idsOf(text: string): Map<string, number> {
  const rows = text.split("\n").map((line) => line.split(":"));
  return new Map(rows.map(([name = "", , id]) => [name, Number(id)]));
}

function numberOf(name: string, known: ReadonlyMap<string, number>, kind: string): number {
  const number = /^\d+$/.test(name) ? Number(name) : known.get(name);
  if (number !== undefined && Number.isInteger(number)) return number;
  throw imageError("owner", `the image has no ${kind} ${name}; numbers are always understood`);
}

/** For local images, which seldom wait. */
async function contentText(
  source: ImageSource,
  content: NonNullable<ImageEntry["content"]>,
): Promise<string> {
  for (;;) {
    try {
      return new TextDecoder().decode(source.read(content, 0, content.size));
    } catch (reason) {
      if (!isSleep(reason)) throw reason;
      await reason.promise;
    }
  }
}

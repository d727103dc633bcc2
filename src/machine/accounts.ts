/** Users as /etc/passwd and /etc/group of the machine tell them, for whom commands run as. */
import { decodeUtf8, Errno, KernelError, type Sys } from "../../kernel/index.ts";
import { readWholeFile } from "./read-file.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: string;
  readonly shell: string;
}

/** The account named `user`, or with that number; a number without an entry runs bare. */
export async function findAccount(sys: Sys, user: string): Promise<Account | undefined> {
  const number = /^\d+$/.test(user) ? Number(user) : undefined;
  for (const [name = "", , uid, gid, , home = "/", shell = ""] of await readTable(sys, "passwd")) {
    if (name !== user && Number(uid) !== number) continue;
    const groups = await groupsOf(sys, name, Number(gid));
    return {
      name,
      uid: Number(uid),
      gid: Number(gid),
      groups,
      home,
      shell: shell === "" ? "/bin/sh" : shell,
    };
  }
  if (number === undefined) return undefined;
  return { name: user, uid: number, gid: number, groups: [], home: "/", shell: "/bin/sh" };
}

async function groupsOf(sys: Sys, name: string, primary: number): Promise<number[]> {
  const groups = [primary];
  for (const [, , gid, members = ""] of await readTable(sys, "group")) {
    const number = Number(gid);
    if (members.split(",").includes(name) && !groups.includes(number)) groups.push(number);
  }
  return groups;
}

type Table = readonly (readonly string[])[];

/** What was read last: every command asks, and the machines of an image have the same. */
const known = new Map<string, { readonly bytes: Uint8Array; readonly table: Table }>();

async function readTable(sys: Sys, name: "passwd" | "group"): Promise<Table> {
  let bytes: Uint8Array;
  try {
    bytes = await readWholeFile(sys, `/etc/${name}`);
  } catch (reason) {
    if (reason instanceof KernelError && reason.errno === Errno.ENOENT) return [];
    throw reason;
  }
  const before = known.get(name);
  if (before && equalBytes(before.bytes, bytes)) return before.table;
  const table = decodeUtf8(bytes)
    .split("\n")
    .filter((line) => line.includes(":"))
    .map((line) => line.split(":"));
  if (bytes.length <= KNOWN_MAX) known.set(name, { bytes, table });
  return table;
}

/** A larger table is its machine's alone. */
const KNOWN_MAX = 65_536;

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

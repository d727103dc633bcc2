/** Users and groups as the machine's /etc/passwd and /etc/group list them (getpwuid(3), getgrnam(3)). */
import { AT_FDCWD, decodeUtf8, KernelError, O_CLOEXEC } from "../../kernel/abi.ts";
import type { Environment } from "./environment.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

export function findUser(env: Environment, key: string | number): User | undefined {
  return users(env).find(({ name, uid }) => key === name || key === uid);
}

export function findGroup(env: Environment, key: string | number): Group | undefined {
  return groups(env).find(({ name, gid }) => key === name || key === gid);
}

export function groups(env: Environment): Group[] {
  return records(env, "/etc/group").map(([name = "", , gid, members = ""]) => ({
    name,
    gid: Number(gid),
    members: members.split(",").filter((member) => member !== ""),
  }));
}

function users(env: Environment): User[] {
  return records(env, "/etc/passwd").map(([name = "", , uid, gid, , home = "", shell = ""]) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    shell,
  }));
}

function records(env: Environment, path: string): string[][] {
  return readText(env, path)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

/** A small file's text; none where it cannot be read. */
export function readText(env: Environment, path: string): string {
  const { sys } = env;
  try {
    const fd = sys.openat(AT_FDCWD, path, O_CLOEXEC, 0);
    try {
      let text = "";
      const buffer = new Uint8Array(16_384);
      for (let count = sys.read(fd, buffer); count > 0; count = sys.read(fd, buffer)) {
        text += decodeUtf8(buffer, 0, count);
      }
      return text;
    } finally {
      sys.close(fd);
    }
  } catch (reason) {
    if (reason instanceof KernelError) return "";
    throw reason;
  }
}

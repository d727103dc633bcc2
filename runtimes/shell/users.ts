/** Users and groups as /etc/passwd has them. Read when they are asked for, and kept by the shell. */
import { AT_FDCWD, decodeUtf8, KernelError, O_CLOEXEC, O_RDONLY } from "../../kernel/abi.ts";
import type { Shell } from "./state.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** The login shell. */
  readonly shell: string;
}

const MAX_SIZE = 1_048_576;

/** The home directory of `name`, or of the running user where that is undefined. */
export function homeOfUser(shell: Shell, name: string | undefined): string | undefined {
  const users = readUsers(shell);
  if (name !== undefined) return users.find((user) => user.name === name)?.home;
  const { real } = shell.sys.getresuid() as { real: number };
  return users.find((user) => user.uid === real)?.home;
}

/** The name of the running user; undefined where /etc/passwd does not know it. */
export function currentUser(shell: Shell): User | undefined {
  const { effective } = shell.sys.getresuid() as { effective: number };
  return readUsers(shell).find((user) => user.uid === effective);
}

export function readUsers(shell: Shell): User[] {
  const text = readFileNow(shell, "/etc/passwd") ?? "";
  return text.split("\n").flatMap((line) => {
    const fields = line.split(":");
    const [name = "", , uid, gid, , home = "", login = ""] = fields;
    if (fields.length < 6) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home, shell: login }];
  });
}

/** The content of a small file, where nothing has to be waited for. */
function readFileNow(shell: Shell, path: string): string | undefined {
  const { sys } = shell;
  try {
    const fd = sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (typeof fd !== "number") return undefined;
    const chunks: string[] = [];
    const buffer = new Uint8Array(65_536);
    for (let total = 0; total < MAX_SIZE; ) {
      const length = sys.read(fd, buffer);
      if (typeof length !== "number" || length === 0) break;
      chunks.push(decodeUtf8(buffer, 0, length));
      total += length;
    }
    sys.close(fd);
    return chunks.join("");
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** The ways around sealed paths that only system calls have: mounts, links by descriptor, exchanges. */
import { expect, test } from "vitest";
import {
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_WRONLY,
} from "../../../kernel/fd/flags.ts";
import { Kernel } from "../../../kernel/index.ts";
import { credentialsOf } from "../../../kernel/process/credentials.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  MS_BIND,
  MS_REC,
  MS_REMOUNT,
  RENAME_EXCHANGE,
} from "../../../kernel/vfs/constants.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { normalizePermissions } from "../../../src/options/permissions.ts";
import { Guard } from "../../../src/permissions/guard.ts";
import { SessionMemory } from "../../../src/permissions/questions.ts";
import { nodeHost } from "../../kernel/boot.ts";
import { refuses, testMachine, User } from "../../kernel/vfs/machine.ts";

/** Root in a machine where /a/read is read-only and /a/none hidden, and one where nothing is. */
function users(): { root: User; free: User } {
  const fs = [
    { path: "/a/read", access: "read" },
    { path: "/a/none", access: "none" },
  ] as const;
  const { set } = normalizePermissions("createVm", { fs });
  const memory = new SessionMemory();
  const { policy } = new Guard({ sets: [set], embedder: undefined, memory, now: () => 0 });
  const kernel = new Kernel({ host: nodeHost, root: new MemoryFileSystem(), policy });
  furnish(kernel);
  const free = testMachine().kernel;
  furnish(free);
  return { root: new User(kernel, credentialsOf(0, 0)), free: new User(free, credentialsOf(0, 0)) };
}

function furnish({ init }: Kernel): void {
  for (const path of ["/a", "/a/read", "/a/none", "/a/free", "/m", "/proc"]) {
    init.mkdirat(AT_FDCWD, path, 0o777);
    const fd = init.openat(AT_FDCWD, `${path}/file`, O_WRONLY | 0o100, 0o666) as number;
    init.close(fd);
  }
}

const WAYS: Record<string, [code: "EROFS" | "EACCES" | "ENOENT", way: (user: User) => unknown]> = {
  "a bind mount of what is read-only": [
    "EROFS",
    ({ sys }) => sys.mount("/a/read", "/m", "", MS_BIND, ""),
  ],
  "a bind mount of what is hidden": [
    "ENOENT",
    ({ sys }) => sys.mount("/a/none", "/m", "", MS_BIND, ""),
  ],
  "a bind mount of a folder above": ["EACCES", ({ sys }) => sys.mount("/a", "/m", "", MS_BIND, "")],
  "a recursive bind mount of everything": [
    "EACCES",
    ({ sys }) => sys.mount("/", "/m", "", MS_BIND | MS_REC, ""),
  ],
  "a mount over what is read-only": [
    "EACCES",
    ({ sys }) => sys.mount("tmpfs", "/a/read", "tmpfs", 0, ""),
  ],
  "a mount over a folder above": ["EACCES", ({ sys }) => sys.mount("tmpfs", "/a", "tmpfs", 0, "")],
  "an exchange with a folder above": [
    "EACCES",
    ({ sys }) => sys.renameat2(AT_FDCWD, "/m", AT_FDCWD, "/a", RENAME_EXCHANGE),
  ],
  "an exchange with the folder itself": [
    "EROFS",
    ({ sys }) => sys.renameat2(AT_FDCWD, "/m", AT_FDCWD, "/a/read", RENAME_EXCHANGE),
  ],
  "a link by descriptor": [
    "EROFS",
    ({ sys }) => {
      const fd = sys.openat(AT_FDCWD, "/a/read/file", O_PATH, 0);
      sys.linkat(fd, "", AT_FDCWD, "/m/link", AT_EMPTY_PATH);
    },
  ],
  "a file without a name": [
    "EROFS",
    ({ sys }) => sys.openat(AT_FDCWD, "/a/read", O_TMPFILE | O_RDWR, 0o600),
  ],
  "a change of mode by descriptor": [
    "EROFS",
    ({ sys }) => sys.fchmod(sys.openat(AT_FDCWD, "/a/read/file", O_RDONLY, 0), 0o600),
  ],
  "a path from a descriptor that was opened before a chroot": [
    "ENOENT",
    ({ sys }) => {
      const fd = sys.openat(AT_FDCWD, "/a", O_RDONLY | O_DIRECTORY, 0);
      sys.chroot("/m");
      sys.openat(fd, "none/file", O_RDONLY, 0);
    },
  ],
  "a chroot into what holds it": [
    "EROFS",
    ({ sys }) => {
      sys.chroot("/a");
      sys.openat(AT_FDCWD, "/read/file", O_WRONLY, 0);
    },
  ],
  "an extended attribute": [
    "EROFS",
    ({ sys }) => sys.setxattr(AT_FDCWD, "/a/read/file", "user.x", new Uint8Array(1), 0, 0),
  ],
};

test.each(Object.entries(WAYS))("%s", (_name, [code, way]) => {
  const { root, free } = users();
  refuses(code, () => way(root));
  way(free);
});

test("what was open before is the process's, and pid 1's files stay the host's", () => {
  const { root, free } = users();
  root.sys.mount("tmpfs", "/m", "tmpfs", 0, "");
  root.sys.mount("", "/m", "", MS_REMOUNT, "");
  root.sys.umount2("/m", 0);
  expect(root.list("/a").sort()).toEqual(["file", "free", "read"]);
  expect(free.list("/a").sort()).toEqual(["file", "free", "none", "read"]);
});

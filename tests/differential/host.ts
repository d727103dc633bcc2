/**
 * Runs one line by the host's own bash and tools, in a machine made to look like a fresh VM: its own
 * mount, process, host name and IPC name spaces, an empty /tmp, user 1000 named `user`. Linux and
 * root only; it serves the recorder and the live mode, never a plain `npm test`.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { DIRECTORY, directories, ENVIRONMENT, FIXTURE, TIME } from "./fixture.ts";
import type { Result } from "./transcript.ts";

const ACCOUNTS = resolve(import.meta.dirname, "../../src/images/base/rootfs/etc");

/** Names that the VM has and Debian calls otherwise. */
const RENAMED: Record<string, string> = { fd: "fdfind", awk: "gawk" };

/** $1 accounts, $2 the tree, $3 renamed tools, $4 the line, $5 PIPES. */
const STAGE = `
set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
hostname isopod
mount -t tmpfs home /home
mkdir -p ${DIRECTORY} /home/.bin
cp -a "$2/." ${DIRECTORY}
cp -a "$3/." /home/.bin
mount -t tmpfs -o mode=1777 tmp /tmp
chown -hR 1000:1000 /home/user
cd ${DIRECTORY}
set +e
umask 022
touch /home/.status
chown 1000 /home/.status
setpriv --reuid=1000 --regid=1000 --init-groups -- sh -c "$5" pipes "$4"
exit "$(cat /home/.status)"
`;

/** Real pipes, as in a VM: what Node hands over are sockets, which /dev/stdout cannot open. */
const PIPES = `
{
  {
    bash -c "$1" 3>&-
    echo $? > /home/.status
  } 2>&1 >&3 3>&- | cat >&2
} 3>&1 | cat
`;

export class HostMachine implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "isopod-differential-"));

  constructor() {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      throw new Error("running lines on the host needs Linux and root (name spaces, user 1000)");
    }
    this.#writeTree(join(this.#folder, "tree"));
    this.#linkRenamed(join(this.#folder, "bin"));
  }

  run(line: string): Result {
    const stage = ["-c", STAGE, "stage", ACCOUNTS, `${this.#folder}/tree`, `${this.#folder}/bin`];
    const spaces = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const result = spawnSync("unshare", [...spaces, "sh", ...stage, line, PIPES], {
      env: { ...ENVIRONMENT, PATH: "/home/.bin:/usr/local/bin:/usr/bin:/bin" },
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "latin1",
      timeout: 60_000,
      maxBuffer: 1 << 26,
    });
    if (result.error) throw result.error;
    const { stdout, stderr, status } = result;
    return { stdout, stderr, status: status ?? 255 };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #writeTree(root: string): void {
    for (const name of ["", ...directories()]) mkdirSync(join(root, name), { recursive: true });
    for (const { path, content, target, mode } of FIXTURE) {
      const place = join(root, path);
      if (target !== undefined) symlinkSync(target, place);
      else writeFileSync(place, content ?? "", { mode: mode ?? 0o644 });
      lutimesSync(place, TIME, TIME);
    }
    for (const name of [...directories().reverse(), ""]) utimesSync(join(root, name), TIME, TIME);
  }

  #linkRenamed(folder: string): void {
    mkdirSync(folder);
    for (const [name, debian] of Object.entries(RENAMED)) {
      const found = findProgram(debian);
      if (found !== undefined) symlinkSync(found, join(folder, name));
    }
  }
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), dirname("/usr/bin/x")];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

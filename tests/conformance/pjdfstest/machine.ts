/**
 * A machine on which pjdfstest's scripts run: the base image, our bash, the command under test, and two that
 * the image lacks: openssl, and an id that knows other users than its own.
 */
import { createHash } from "node:crypto";
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../../kernel/fd/flags.ts";
import { decodeUtf8, encodeUtf8, type Kernel, type Main } from "../../../kernel/index.ts";
import { type SpawnAction, SpawnOp } from "../../../kernel/syscalls/types.ts";
import { AT_FDCWD } from "../../../kernel/vfs/constants.ts";
import { Walk } from "../../../kernel/vfs/walk.ts";
import { bootKernel } from "../../../src/machine/boot.ts";
import { HostDirectory } from "../../../src/mounts/host-directory.ts";
import { nodePlatform } from "../../../src/platforms/node/platform.ts";
import { pjdfstest } from "./command.ts";

const ENVIRONMENT = ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "LC_ALL=C"];

export class ScriptMachine {
  readonly #kernel: Kernel;
  #scratches = 0;

  private constructor(kernel: Kernel, folder: string) {
    this.#kernel = kernel;
    this.#install("/pjdfstest/pjdfstest", "pjdfstest", pjdfstest);
    this.#install("/usr/local/bin/openssl", "openssl", openssl);
    this.#install("/usr/local/bin/id", "id", id);
    this.#mount(`${folder}/tests`, "/pjdfstest/tests");
  }

  /** `folder` is a checkout of pjdfstest. */
  static async boot(folder: string): Promise<ScriptMachine> {
    const options = {
      hostname: "pjdfstest",
      user: "root",
      env: {},
      cwd: "/root",
      limits: {},
      mounts: [],
    };
    const image = await nodePlatform.openImage();
    const { kernel } = await bootKernel(options, nodePlatform, image);
    return new ScriptMachine(kernel, folder);
  }

  /** Runs a script, such as "chmod/00.t", as root in an empty directory; what it writes. */
  async run(script: string): Promise<string> {
    const { init } = this.#kernel;
    const cwd = `/tmp/${++this.#scratches}`;
    await init.mkdirat(AT_FDCWD, cwd, 0o755);
    const [reader, writer] = (await init.pipe2(O_CLOEXEC)) as [number, number];
    const pid = await init.spawn(
      "/bin/sh",
      ["sh", `/pjdfstest/tests/${script}`],
      ENVIRONMENT,
      [opened(0, "/dev/null", O_RDONLY), duplicated(writer, 1), opened(2, "/dev/null", O_WRONLY)],
      {
        cwd,
        pgroup: 0,
        setsid: false,
        sigdefault: undefined,
        sigmask: undefined,
        credentials: { uid: 0, gid: 0, groups: [] },
      },
    );
    await init.close(writer);
    const output = await this.#readToEnd(reader);
    await init.close(reader);
    await init.wait4(pid, 0);
    return output;
  }

  dispose(): void {
    this.#kernel.shutdown();
  }

  #install(path: string, name: string, main: Main): void {
    const { init, programs } = this.#kernel;
    (programs as Map<string, Main>).set(name, main);
    const directory = path.slice(0, path.lastIndexOf("/"));
    if (directory === "/pjdfstest") init.mkdirat(AT_FDCWD, directory, 0o755);
    const fd = init.openat(AT_FDCWD, path, O_WRONLY | O_CREAT, 0o755) as number;
    init.write(fd, encodeUtf8(`#!isopod:${name}\n`));
    init.close(fd);
  }

  #mount(folder: string, path: string): void {
    const { init, processes, mounts } = this.#kernel;
    init.mkdirat(AT_FDCWD, path, 0o755);
    const walk = new Walk(processes.get(1) as never, mounts.root.root);
    walk.to(path, true);
    mounts.mount(
      new HostDirectory(folder, { readOnly: true, uid: 0, gid: 0 }),
      walk.location,
      "host",
    );
  }

  async #readToEnd(fd: number): Promise<string> {
    const parts: Buffer[] = [];
    for (;;) {
      const part = new Uint8Array(65_536);
      const count = await this.#kernel.init.read(fd, part);
      if (count === 0) return Buffer.concat(parts).toString("latin1");
      parts.push(Buffer.from(part.subarray(0, count)));
    }
  }
}

const O_CLOEXEC = 0o2000000;

function opened(fd: number, path: string, flags: number): SpawnAction {
  return { op: SpawnOp.OPEN, fd, source: 0, flags, mode: 0, path };
}

function duplicated(source: number, fd: number): SpawnAction {
  return { op: SpawnOp.DUP2, fd, source, flags: 0, mode: 0, path: "" };
}

/** `id -u [NAME]` and `id -g [NAME]`. */
const id: Main = async (sys) => {
  const [, option, name] = sys.argv;
  const column = option === "-g" ? 3 : 2;
  const buffer = new Uint8Array(4096);
  const fd = await sys.openat(AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
  const users = decodeUtf8(buffer, 0, await sys.read(fd, buffer)).split("\n");
  const own = option === "-g" ? await sys.getresgid() : await sys.getresuid();
  const entry = users.map((line) => line.split(":")).find((user) => user[0] === name);
  const found = name === undefined ? `${own.effective}` : entry?.[column];
  await sys.write(found === undefined ? 2 : 1, encodeUtf8(`${found ?? "id: no such user"}\n`));
  return found === undefined ? 1 : 0;
};

/** `openssl md5`, from which the scripts make up names. */
const openssl: Main = async (sys) => {
  const hash = createHash("md5");
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await sys.read(0, buffer);
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
  }
  await sys.write(1, encodeUtf8(`MD5(stdin)= ${hash.digest("hex")}\n`));
  return 0;
};

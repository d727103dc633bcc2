/**
 * `vm.fs` against node:fs/promises of this host: the same calls on the same files must give the same
 * results and the same errors, word by word. The host's part runs in a temporary directory.
 */
import fsp from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../../src/index.ts";

type Fs = typeof fsp;
type Case = readonly [name: string, work: (fs: Fs, at: string) => Promise<unknown>];

let vm: Vm;
let hostRoot: string;
beforeAll(async () => {
  vm = await createVm({ kernel: "in-thread" });
  // Of equal length, so that sizes and cut texts agree.
  hostRoot = await fsp.mkdtemp(join(tmpdir(), "isopod-parity-"));
});
afterAll(async () => {
  await vm.dispose();
  await fsp.rm(hostRoot, { recursive: true });
});

async function prepare(fs: Fs, at: string): Promise<void> {
  await fs.mkdir(join(at, "folder/inner"), { recursive: true });
  await fs.writeFile(join(at, "file"), "hello\n");
  await fs.writeFile(join(at, "folder/one"), "1");
  await fs.writeFile(join(at, "folder/two.txt"), "22");
  await fs.writeFile(join(at, "folder/inner/three.txt"), "333");
  await fs.symlink("file", join(at, "link"));
  await fs.symlink("nowhere", join(at, "dangling"));
  await fs.symlink("loop", join(at, "loop"));
  await fs.chmod(join(at, "file"), 0o644);
}

async function outcome(work: () => Promise<unknown>, at: string): Promise<unknown> {
  const plain = (value: unknown): unknown =>
    typeof value === "string" ? value.replaceAll(at, "/ROOT") : value;
  try {
    return { value: simplify(await work(), plain) };
  } catch (error) {
    const { name, message, code, errno, syscall, path, dest } = error as NodeJS.ErrnoException & {
      dest?: string;
    };
    const fields = { name, message, code, errno, syscall, path, dest };
    return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]));
  }
}

function simplify(value: unknown, plain: (value: unknown) => unknown): unknown {
  if (Buffer.isBuffer(value)) return `buffer ${value.toString("latin1")}`;
  if (Array.isArray(value)) return value.map((item) => simplify(item, plain));
  return plain(value);
}

const sorted = async (names: Promise<unknown[]>) => (await names).map(String).sort();

const CASES: readonly Case[] = [
  ["readFile", (fs, at) => fs.readFile(`${at}/file`)],
  ["readFile utf8", (fs, at) => fs.readFile(`${at}/file`, "utf8")],
  ["readFile hex by options", (fs, at) => fs.readFile(`${at}/file`, { encoding: "hex" })],
  ["readFile by URL", (fs, at) => fs.readFile(new URL(`file://${at}/file`), "utf8")],
  ["readFile by Buffer", (fs, at) => fs.readFile(Buffer.from(`${at}/file`), "utf8")],
  ["readFile through a link", (fs, at) => fs.readFile(`${at}/link`, "utf8")],
  ["readFile missing", (fs, at) => fs.readFile(`${at}/none`)],
  ["readFile directory", (fs, at) => fs.readFile(`${at}/folder`)],
  ["readFile loop", (fs, at) => fs.readFile(`${at}/loop`)],
  ["readFile under a file", (fs, at) => fs.readFile(`${at}/file/x`)],
  ["readFile bad encoding", (fs, at) => fs.readFile(`${at}/file`, "foo" as never)],
  ["readFile no path", (fs) => fs.readFile(undefined as never)],
  ["readFile NUL", (fs) => fs.readFile("a\0b")],
  ["readFile aborted", (fs, at) => fs.readFile(`${at}/file`, { signal: AbortSignal.abort() })],
  ["readFile long name", (fs, at) => fs.readFile(`${at}/${"n".repeat(256)}`)],
  [
    "writeFile string, buffer, iterable, stream",
    async (fs, at) => {
      await fs.writeFile(`${at}/a`, "text");
      await fs.writeFile(`${at}/b`, Buffer.from([1, 2, 255]));
      await fs.writeFile(`${at}/c`, ["x", Buffer.from("y")] as never);
      await fs.writeFile(`${at}/d`, Readable.from(["p", "q"]));
      await fs.writeFile(`${at}/e`, "c3a9", "hex");
      await fs.writeFile(`${at}/f`, new Uint16Array([0x4142]));
      return Promise.all("abcdef".split("").map((name) => fs.readFile(`${at}/${name}`)));
    },
  ],
  ["writeFile wx on a file", (fs, at) => fs.writeFile(`${at}/file`, "x", { flag: "wx" })],
  ["writeFile bad flag", (fs, at) => fs.writeFile(`${at}/file`, "x", { flag: "zz" })],
  ["writeFile bad data", (fs, at) => fs.writeFile(`${at}/file`, 5 as never)],
  ["writeFile directory", (fs, at) => fs.writeFile(`${at}/folder`, "x")],
  [
    "appendFile and modes",
    async (fs, at) => {
      await fs.appendFile(`${at}/new`, "a", { mode: 0o600 });
      await fs.appendFile(`${at}/new`, Buffer.from("b"));
      return [(await fs.stat(`${at}/new`)).mode, await fs.readFile(`${at}/new`, "utf8")];
    },
  ],
  ["access", (fs, at) => fs.access(`${at}/file`)],
  ["access missing", (fs, at) => fs.access(`${at}/none`, 4)],
  ["access through a dangling link", (fs, at) => fs.access(`${at}/dangling`)],
  ["mkdir there", (fs, at) => fs.mkdir(`${at}/folder`)],
  ["mkdir under nothing", (fs, at) => fs.mkdir(`${at}/x/y`)],
  ["mkdir recursive", (fs, at) => fs.mkdir(`${at}/x/y/z`, { recursive: true })],
  ["mkdir recursive there", (fs, at) => fs.mkdir(`${at}/folder/inner`, { recursive: true })],
  ["mkdir recursive over a file", (fs, at) => fs.mkdir(`${at}/file`, { recursive: true })],
  ["mkdir recursive under a file", (fs, at) => fs.mkdir(`${at}/file/x/y`, { recursive: true })],
  [
    "mkdir recursive, eight at once: nobody reports what another made",
    async (fs, at) => {
      const race = () => fs.mkdir(`${at}/x/y`, { recursive: true });
      const made = (await Promise.all(Array.from({ length: 8 }, race))).filter(Boolean);
      return made.length === new Set(made).size;
    },
  ],
  [
    "mkdir recursive over a link to nothing",
    async (fs, at) => {
      await fs.symlink("nothing", `${at}/to-nothing`);
      await fs.mkdir(`${at}/to-nothing`, { recursive: true });
    },
  ],
  [
    "mkdir recursive under a link to nothing",
    async (fs, at) => {
      await fs.symlink("nothing", `${at}/to-nothing`);
      await fs.mkdir(`${at}/to-nothing/x/y`, { recursive: true });
    },
  ],
  [
    "mkdir mode",
    async (fs, at) => {
      await fs.mkdir(`${at}/m`, 0o700);
      return (await fs.stat(`${at}/m`)).mode;
    },
  ],
  ["mkdir bad mode", (fs, at) => fs.mkdir(`${at}/m`, "9" as never)],
  ["rmdir full", (fs, at) => fs.rmdir(`${at}/folder`)],
  ["rmdir file", (fs, at) => fs.rmdir(`${at}/file`)],
  [
    "rmdir empty",
    async (fs, at) => {
      await fs.mkdir(`${at}/m`);
      await fs.rmdir(`${at}/m`);
      return sorted(fs.readdir(at));
    },
  ],
  ["rm file", async (fs, at) => [await fs.rm(`${at}/file`), await sorted(fs.readdir(at))]],
  ["rm missing", (fs, at) => fs.rm(`${at}/none`)],
  ["rm force missing", (fs, at) => fs.rm(`${at}/none`, { force: true })],
  ["rm directory", (fs, at) => fs.rm(`${at}/folder`)],
  [
    "rm recursive",
    async (fs, at) => [
      await fs.rm(`${at}/folder`, { recursive: true }),
      await sorted(fs.readdir(at)),
    ],
  ],
  ["rm under a file", (fs, at) => fs.rm(`${at}/file/x`, { recursive: true })],
  ["unlink directory", (fs, at) => fs.unlink(`${at}/folder`)],
  ["unlink missing", (fs, at) => fs.unlink(`${at}/none`)],
  [
    "unlink a link",
    async (fs, at) => [await fs.unlink(`${at}/link`), await sorted(fs.readdir(at))],
  ],
  [
    "rename",
    async (fs, at) => [await fs.rename(`${at}/file`, `${at}/other`), await sorted(fs.readdir(at))],
  ],
  ["rename missing", (fs, at) => fs.rename(`${at}/none`, `${at}/x`)],
  [
    "rename over a full directory",
    async (fs, at) => {
      await fs.mkdir(`${at}/d`);
      await fs.rename(`${at}/d`, `${at}/folder`);
    },
  ],
  ["rename into itself", (fs, at) => fs.rename(`${at}/folder`, `${at}/folder/inner/x`)],
  [
    "link",
    async (fs, at) => {
      await fs.link(`${at}/file`, `${at}/second`);
      return [(await fs.stat(`${at}/second`)).nlink, await fs.readFile(`${at}/second`, "utf8")];
    },
  ],
  ["link missing", (fs, at) => fs.link(`${at}/none`, `${at}/x`)],
  ["symlink there", (fs, at) => fs.symlink("x", `${at}/file`)],
  ["readlink", (fs, at) => fs.readlink(`${at}/link`)],
  ["readlink buffer", (fs, at) => fs.readlink(`${at}/link`, "buffer")],
  ["readlink of a file", (fs, at) => fs.readlink(`${at}/file`)],
  ["realpath", (fs, at) => fs.realpath(`${at}/folder/../link`)],
  ["realpath dangling", (fs, at) => fs.realpath(`${at}/dangling`)],
  ["realpath loop", (fs, at) => fs.realpath(`${at}/loop`)],
  [
    "stat",
    async (fs, at) => {
      const s = await fs.stat(`${at}/link`);
      return [s.size, s.isFile(), s.isSymbolicLink(), s.mode, s.nlink, s.mtime instanceof Date];
    },
  ],
  [
    "lstat",
    async (fs, at) => {
      const s = await fs.lstat(`${at}/link`);
      return [s.size, s.isFile(), s.isSymbolicLink(), s.mode];
    },
  ],
  [
    "stat bigint",
    async (fs, at) => {
      const s = await fs.stat(`${at}/file`, { bigint: true });
      return [s.size, typeof s.mtimeNs, s.mtimeNs / 1_000_000n === s.mtimeMs];
    },
  ],
  ["stat missing", (fs, at) => fs.stat(`${at}/none`)],
  ["lstat missing", (fs, at) => fs.lstat(`${at}/none`)],
  ["stat number", (fs) => fs.stat(5 as never)],
  [
    "chmod octal text",
    async (fs, at) => {
      await fs.chmod(`${at}/file`, "751");
      return (await fs.stat(`${at}/file`)).mode;
    },
  ],
  ["chmod missing", (fs, at) => fs.chmod(`${at}/none`, 0o777)],
  ["chmod bad mode", (fs, at) => fs.chmod(`${at}/file`, "x8")],
  ["lchmod", (fs, at) => fs.lchmod(`${at}/file`, 0o777)],
  [
    "chown keeps",
    async (fs, at) => {
      const { uid, gid } = await fs.stat(`${at}/file`);
      return fs.chown(`${at}/file`, uid, gid);
    },
  ],
  ["chown bad", (fs, at) => fs.chown(`${at}/file`, -5, 0)],
  [
    "utimes",
    async (fs, at) => {
      await fs.utimes(`${at}/file`, 1000.5, new Date(2_000_250));
      const s = await fs.stat(`${at}/file`);
      return [s.atimeMs, s.mtimeMs, s.mtime.toISOString()];
    },
  ],
  [
    "utimes by text",
    async (fs, at) => {
      await fs.utimes(`${at}/file`, "12", "-3.25");
      const s = await fs.stat(`${at}/file`);
      return [s.atimeMs, s.mtimeMs];
    },
  ],
  ["utimes bad", (fs, at) => fs.utimes(`${at}/file`, "x", 1)],
  ["utimes missing", (fs, at) => fs.utimes(`${at}/none`, 1, 1)],
  [
    "lutimes",
    async (fs, at) => {
      await fs.lutimes(`${at}/link`, 5, 6);
      return [(await fs.lstat(`${at}/link`)).mtimeMs, (await fs.stat(`${at}/link`)).mtimeMs > 1e12];
    },
  ],
  [
    "truncate",
    async (fs, at) => {
      await fs.truncate(`${at}/file`, 2);
      await fs.truncate(`${at}/folder/one`, 4);
      return [await fs.readFile(`${at}/file`), await fs.readFile(`${at}/folder/one`)];
    },
  ],
  ["truncate missing", (fs, at) => fs.truncate(`${at}/none`, 1)],
  [
    "copyFile",
    async (fs, at) => {
      await fs.chmod(`${at}/file`, 0o640);
      await fs.copyFile(`${at}/file`, `${at}/copy`);
      return [(await fs.stat(`${at}/copy`)).mode, await fs.readFile(`${at}/copy`, "utf8")];
    },
  ],
  ["copyFile excl", (fs, at) => fs.copyFile(`${at}/file`, `${at}/link`, 1)],
  ["copyFile missing", (fs, at) => fs.copyFile(`${at}/none`, `${at}/x`)],
  ["copyFile bad mode", (fs, at) => fs.copyFile(`${at}/file`, `${at}/x`, 9)],
  ["readdir", (fs, at) => sorted(fs.readdir(at))],
  ["readdir recursive", (fs, at) => sorted(fs.readdir(at, { recursive: true }))],
  ["readdir buffers", (fs, at) => sorted(fs.readdir(at, "buffer" as never))],
  [
    "readdir types",
    async (fs, at) => {
      const entries = await fs.readdir(at, { withFileTypes: true, recursive: true });
      return entries
        .map(
          (e) =>
            `${e.parentPath.replace(at, "")} ${e.name} ${e.isDirectory()} ${e.isSymbolicLink()}`,
        )
        .sort();
    },
  ],
  ["readdir missing", (fs, at) => fs.readdir(`${at}/none`)],
  ["readdir file", (fs, at) => fs.readdir(`${at}/file`)],
  [
    "opendir",
    async (fs, at) => {
      const names: string[] = [];
      for await (const entry of await fs.opendir(`${at}/folder`)) names.push(entry.name);
      return names.sort();
    },
  ],
  ["opendir file", (fs, at) => fs.opendir(`${at}/file`)],
  ["mkdtemp", async (fs, at) => (await fs.mkdtemp(`${at}/tmp-`)).length - at.length],
  [
    "mkdtemp nowhere",
    async (fs, at) => {
      try {
        return await fs.mkdtemp(`${at}/none/tmp-`);
      } catch (error) {
        return (error as { code: string; syscall: string }).syscall;
      }
    },
  ],
  [
    "cp recursive",
    async (fs, at) => {
      await fs.cp(`${at}/folder`, `${at}/copied`, { recursive: true });
      return sorted(fs.readdir(`${at}/copied`, { recursive: true }));
    },
  ],
  [
    "cp filter",
    async (fs, at) => {
      const filter = (source: string) => !source.endsWith(".txt");
      await fs.cp(`${at}/folder`, `${at}/copied`, { recursive: true, filter });
      return sorted(fs.readdir(`${at}/copied`, { recursive: true }));
    },
  ],
  [
    "cp without force",
    async (fs, at) => {
      await fs.writeFile(`${at}/there`, "kept");
      await fs.cp(`${at}/file`, `${at}/there`, { force: false });
      return fs.readFile(`${at}/there`, "utf8");
    },
  ],
  [
    "cp link",
    async (fs, at) => {
      await fs.cp(`${at}/link`, `${at}/l2`, { verbatimSymlinks: true });
      await fs.cp(`${at}/link`, `${at}/l3`);
      return [await fs.readlink(`${at}/l2`), (await fs.readlink(`${at}/l3`)).replace(at, "/ROOT")];
    },
  ],
  [
    "cp preserves times",
    async (fs, at) => {
      await fs.utimes(`${at}/file`, 5, 6);
      await fs.cp(`${at}/file`, `${at}/copied`, { preserveTimestamps: true });
      return (await fs.stat(`${at}/copied`)).mtimeMs;
    },
  ],
  ["open bad flags", (fs, at) => fs.open(`${at}/file`, "zz")],
  ["open missing", (fs, at) => fs.open(`${at}/none`)],
  [
    "handle read",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`);
      const buffer = Buffer.alloc(10, ".");
      const first = await handle.read(buffer, 2, 3);
      const second = await handle.read({ buffer, offset: 5, length: 2, position: 0 });
      const third = await handle.read(Buffer.alloc(100));
      return [first.bytesRead, second.bytesRead, third.bytesRead, buffer];
    },
  ],
  [
    "handle read out of range",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`);
      await handle.read(Buffer.alloc(3), 0, 9);
    },
  ],
  [
    "handle write",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/h`, "w+", 0o600);
      await handle.write("héllo");
      await handle.write(Buffer.from("XYZ"), 1, 1, 0);
      await handle.writev([Buffer.from("a"), Buffer.from("b")]);
      await handle.writeFile("end");
      const { size } = await handle.stat();
      await handle.truncate(7);
      await handle.datasync();
      return [size, await fs.readFile(`${at}/h`, "utf8")];
    },
  ],
  [
    "handle append",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`, "a");
      await handle.write("more", 0);
      return fs.readFile(`${at}/file`, "utf8");
    },
  ],
  [
    "handle readv and readFile",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`);
      const buffers = [Buffer.alloc(2), Buffer.alloc(2)];
      const { bytesRead } = await handle.readv(buffers);
      return [bytesRead, ...buffers, await handle.readFile("utf8")];
    },
  ],
  [
    "handle lines",
    async (fs, at) => {
      await fs.writeFile(`${at}/lines`, "a\r\nb\nc");
      await using handle = await fs.open(`${at}/lines`);
      const lines: string[] = [];
      for await (const line of handle.readLines()) lines.push(line);
      return lines;
    },
  ],
  [
    "handle streams",
    async (fs, at) => {
      const writer = (await fs.open(`${at}/s`, "w")).createWriteStream();
      await new Promise<void>((resolve, reject) => {
        writer.on("error", reject).on("close", resolve).end("streamed text");
      });
      const reader = (await fs.open(`${at}/s`)).createReadStream({ start: 2, end: 6 });
      return text(reader);
    },
  ],
  [
    "handle web stream",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`);
      return await text(handle.readableWebStream() as never);
    },
  ],
  [
    "handle write to a reader",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`, "r");
      await handle.write("x");
    },
  ],
  [
    "handle closed",
    async (fs, at) => {
      const handle = await fs.open(`${at}/file`);
      await handle.close();
      try {
        await handle.stat();
      } catch (error) {
        return [(error as { code: string }).code, handle.fd];
      }
      return "no error";
    },
  ],
  [
    "handle utimes, chmod",
    async (fs, at) => {
      await using handle = await fs.open(`${at}/file`, "r+");
      await handle.utimes(1, 2);
      await handle.chmod(0o600);
      const { mtimeMs, mode } = await handle.stat();
      return [mtimeMs, mode];
    },
  ],
  [
    "glob",
    async (fs, at) => {
      const found: string[] = [];
      for await (const name of fs.glob("**/*.txt", { cwd: at })) found.push(name);
      for await (const name of fs.glob(["f*", "folder/{one,two}*"], { cwd: at })) found.push(name);
      return found.sort();
    },
  ],
  [
    "glob exclude",
    async (fs, at) => {
      const found: string[] = [];
      for await (const name of fs.glob("folder/**", { cwd: at, exclude: ["**/inner"] })) {
        found.push(name);
      }
      return found.sort();
    },
  ],
  ["statfs", async (fs, at) => typeof (await fs.statfs(at)).blocks],
  ["statfs missing", (fs, at) => fs.statfs(`${at}/none`)],
];

test.each(CASES.map((entry, index) => [entry[0], entry[1], index] as const))(
  "%s",
  async (_name, work, index) => {
    const at = join(hostRoot, String(index));
    await fsp.mkdir(at);
    const inside = `/tmp${at}`;
    const guest = vm.fs as unknown as Fs;
    await guest.mkdir(inside, { recursive: true });
    await prepare(fsp, at);
    await prepare(guest, inside);
    const expected = await outcome(() => work(fsp, at), at);
    expect(await outcome(() => work(guest, inside), inside)).toEqual(expected);
  },
);

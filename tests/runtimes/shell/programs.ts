/** The programs that the shell's tests run: as much of their namesakes as the tests need. */
import { decodeUtf8, encodeUtf8, KernelError, type Main, type Sys } from "../../../kernel/index.ts";

const AT_FDCWD = -100;
const O_CREAT_WRONLY = 0o101;
const O_DIRECTORY = 0o200000;
const AT_REMOVEDIR = 0x200;
const CLOCK_MONOTONIC = 1;

export const programs: Readonly<Record<string, Main>> = {
  cat: async (sys) => {
    const names = sys.argv.length > 1 ? sys.argv.slice(1) : ["-"];
    for (const name of names) {
      if (name === "-") {
        await copy(sys, 0);
        continue;
      }
      try {
        const fd = await sys.openat(AT_FDCWD, name, 0, 0);
        await copy(sys, fd);
        await sys.close(fd);
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        await print(sys, `cat: ${name}: No such file or directory\n`, 2);
        return 1;
      }
    }
    return 0;
  },
  chmod: (sys) => each(sys, 2, (path) => sys.fchmodat(AT_FDCWD, path, 0o755, 0)),
  echo: (sys) => print(sys, `${sys.argv.slice(1).join(" ")}\n`),
  env: (sys) => print(sys, [...sys.envp].map((entry) => `${entry}\n`).join("")),
  false: () => 1,
  grep: async (sys) => {
    const counts = sys.argv[1] === "-c";
    const pattern = new RegExp(sys.argv[counts ? 2 : 1] ?? "");
    const found = lines(await readAll(sys)).filter((line) => pattern.test(line));
    await print(sys, counts ? `${found.length}\n` : found.map((line) => `${line}\n`).join(""));
    return found.length > 0 ? 0 : 1;
  },
  head: async (sys) => {
    const count = Number((sys.argv[1] ?? "-10").replace("-n", "").replace("-", ""));
    const shown = lines(await readAll(sys)).slice(0, count);
    return print(sys, shown.map((line) => `${line}\n`).join(""));
  },
  ls: async (sys) => {
    const fd = await sys.openat(AT_FDCWD, sys.argv[1] ?? ".", O_DIRECTORY, 0);
    const names = (await sys.getdents64(fd, 1 << 20)).map(({ name }) => name);
    const shown = names.filter((name) => !name.startsWith(".")).sort();
    return print(sys, shown.map((name) => `${name}\n`).join(""));
  },
  mkdir: (sys) =>
    each(sys, 1, async (path) => {
      const parts = path.split("/");
      for (let count = 1; count <= parts.length; count++)
        await unlessThere(() => sys.mkdirat(AT_FDCWD, parts.slice(0, count).join("/"), 0o777));
    }),
  rm: (sys) => each(sys, 1, (path) => sys.unlinkat(AT_FDCWD, path, 0)),
  rmdir: (sys) => each(sys, 1, (path) => sys.unlinkat(AT_FDCWD, path, AT_REMOVEDIR)),
  seq: (sys) => {
    const last = Number(sys.argv.at(-1));
    const first = sys.argv.length > 2 ? Number(sys.argv[1]) : 1;
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return print(sys, numbers.map((number) => `${number}\n`).join(""));
  },
  sleep: async (sys) => {
    await sys.clock_nanosleep(CLOCK_MONOTONIC, 0, BigInt(Math.round(Number(sys.argv[1]) * 1e9)));
    return 0;
  },
  sort: async (sys) => {
    const sorted = lines(await readAll(sys)).sort();
    return print(sys, sorted.map((line) => `${line}\n`).join(""));
  },
  tee: async (sys) => {
    const text = await readAll(sys);
    const fd = await sys.openat(AT_FDCWD, sys.argv[1] ?? "", O_CREAT_WRONLY, 0o666);
    await print(sys, text, fd);
    await sys.close(fd);
    return print(sys, text);
  },
  touch: (sys) =>
    each(sys, 1, async (path) =>
      sys.close(await sys.openat(AT_FDCWD, path, O_CREAT_WRONLY, 0o666)),
    ),
  true: () => 0,
  wc: async (sys) => {
    const text = await readAll(sys);
    return print(sys, `${sys.argv[1] === "-l" ? text.split("\n").length - 1 : text.length}\n`);
  },
  yes: async (sys) => {
    const text = encodeUtf8("y\n".repeat(1024));
    for (;;) await sys.write(1, text);
  },
};

async function print(sys: Sys, text: string, fd = 1): Promise<number> {
  let bytes = encodeUtf8(text);
  while (bytes.length > 0) bytes = bytes.subarray(await sys.write(fd, bytes));
  return 0;
}

async function unlessThere(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof KernelError) || error.code !== "EEXIST") throw error;
  }
}

/** The operands from number `first` on, options aside. */
async function each(sys: Sys, first: number, act: (path: string) => unknown): Promise<number> {
  for (const path of sys.argv.slice(first)) if (!path.startsWith("-")) await act(path);
  return 0;
}

async function copy(sys: Sys, fd: number): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const length = await sys.read(fd, buffer);
    if (length === 0) return;
    let rest = buffer.slice(0, length);
    while (rest.length > 0) rest = rest.subarray(await sys.write(1, rest));
  }
}

async function readAll(sys: Sys): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const length = await sys.read(0, buffer);
    if (length === 0) return text;
    text += decodeUtf8(buffer, 0, length);
  }
}

function lines(text: string): string[] {
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  return all;
}

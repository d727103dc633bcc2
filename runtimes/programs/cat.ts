/**
 * cat(1), with GNU's options. The image's wasm build refuses everything that is no regular file, and so
 * pipes by name (`cat <(...)`), FIFOs and devices.
 */
import {
  AT_FDCWD,
  encodeUtf8,
  KernelError,
  O_RDONLY,
  S_IFMT,
  S_IFREG,
  type Stat,
  type Sys,
  strerror,
} from "../../kernel/index.ts";
import { type CatOptions, CatText } from "./cat-text.ts";
import { Failure, print, program } from "./program.ts";

const PIECE = 65_536;
const SEEK_CUR = 1;

export const cat = program("cat", async (sys, args) => {
  const { files, options } = parse(args);
  const text = Object.values(options).some(Boolean) ? new CatText(options) : undefined;
  const output = regularFile(await sys.fstat(1));
  let status = 0;
  for (const file of files.length === 0 ? ["-"] : files) {
    try {
      await copyFile(sys, file, output, text);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      await print(sys, `cat: ${file}: ${strerror(reason.errno)}\n`, 2);
      status = 1;
    }
  }
  if (text) await writeAll(sys, encodeUtf8(text.end()));
  return status;
});

const LONG: Readonly<Record<string, string>> = {
  "show-all": "A",
  "number-nonblank": "b",
  "show-ends": "E",
  number: "n",
  "squeeze-blank": "s",
  "show-tabs": "T",
  "show-nonprinting": "v",
};

function parse(args: readonly string[]): { files: string[]; options: CatOptions } {
  const letters = new Set<string>();
  const files: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      files.push(...args.slice(i + 1));
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) files.push(arg);
    else for (const letter of lettersOf(arg)) letters.add(letter);
  }
  const has = (...names: string[]) => names.some((name) => letters.has(name));
  const options = {
    number: has("n") && !has("b"),
    numberNonblank: has("b"),
    squeeze: has("s"),
    ends: has("A", "E", "e"),
    tabs: has("A", "T", "t"),
    nonprinting: has("A", "v", "e", "t"),
  };
  return { files, options };
}

function lettersOf(arg: string): string {
  if (arg.startsWith("--")) {
    const letter = LONG[arg.slice(2)];
    if (letter === undefined) throw new Failure(`unrecognized option '${arg}'`);
    return letter;
  }
  const wrong = /[^AbeEnstTuv]/u.exec(arg.slice(1));
  if (wrong) throw new Failure(`invalid option -- '${wrong[0]}'`);
  return arg.slice(1);
}

async function copyFile(
  sys: Sys,
  file: string,
  output: Stat | undefined,
  text: CatText | undefined,
): Promise<void> {
  const fd = file === "-" ? 0 : await sys.openat(AT_FDCWD, file, O_RDONLY, 0);
  try {
    const input = output && regularFile(await sys.fstat(fd));
    if (input && input.dev === output.dev && input.ino === output.ino) {
      if ((await sys.lseek(fd, 0, SEEK_CUR)) < input.size) {
        throw new Failure(`${file}: input file is output file`);
      }
    }
    await copy(sys, fd, text);
  } finally {
    if (fd !== 0) await sys.close(fd);
  }
}

async function copy(sys: Sys, fd: number, text: CatText | undefined): Promise<void> {
  const buffer = new Uint8Array(PIECE);
  for (;;) {
    await sys.checkpoint();
    const count = await sys.read(fd, buffer);
    if (count === 0) return;
    const bytes = buffer.subarray(0, count);
    await writeAll(sys, text ? encodeUtf8(text.render(bytes)) : bytes);
  }
}

async function writeAll(sys: Sys, bytes: Uint8Array): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) done += await sys.write(1, bytes.subarray(done));
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    throw new Failure(`write error: ${strerror(reason.errno)}`);
  }
}

function regularFile(stat: Stat): Stat | undefined {
  return (stat.mode & S_IFMT) === S_IFREG ? stat : undefined;
}

/** df(1), with GNU's options: the use of file systems. The image's wasm build knows no working directory. */
import type { StatFs, Sys } from "../../../kernel/index.ts";
import { Failure, print, program } from "../program.ts";
import { columnsOf, table } from "./columns.ts";
import { type FileSystem, type Mounted, mountOf, readMounts, useOf } from "./mounts.ts";
import { type DfOptions, parseOptions } from "./options.ts";

const USAGE = `Usage: df [OPTION]... [FILE]...
The use of the file systems in which the FILEs lie, or of all.
  -a, --all              those without blocks too
  -B, --block-size=SIZE  sizes in units of SIZE: M, 1M, MB
  -h, --human-readable   sizes such as 1023M
  -H, --si               the same, in powers of 1000
  -i, --inodes           inodes instead of blocks
  -k                     like --block-size=1K
      --output[=LIST]    these columns: source, fstype, itotal, iused, iavail, ipcent, size,
                         used, avail, pcent, file, target
  -P, --portability      POSIX's form
      --total            a line with the sums
  -t, --type=TYPE        file systems of this type alone
  -T, --print-type       their types
  -x, --exclude-type=TYPE  none of this type
`;

export const df = program("df", async (sys, args) => {
  const options = parseOptions(args);
  if (options.help) {
    await print(sys, USAGE);
    return 0;
  }
  const columns = columnsOf(options);
  const mounts = await readMounts(sys);
  const { found, status } =
    options.files.length > 0
      ? await ofFiles(sys, mounts, options.files)
      : await ofAll(sys, mounts, options);
  const { only, without } = options;
  const wanted = found.filter(
    ({ type }) => (only.length === 0 || only.includes(type)) && !without.includes(type),
  );
  if (wanted.length === 0) {
    if (status === 0) throw new Failure("no file systems processed");
    return status;
  }
  const total = options.total ? [sumOf(wanted)] : [];
  await print(sys, table(columns, [...wanted, ...total]));
  return status;
});

async function ofFiles(sys: Sys, mounts: readonly Mounted[], files: readonly string[]) {
  const found: FileSystem[] = [];
  let status = 0;
  for (const file of files) {
    try {
      const mount = await mountOf(sys, mounts, file);
      found.push({ ...mount, file, use: await useOf(sys, mount) });
    } catch (reason) {
      await tell(sys, reason);
      status = 1;
    }
  }
  return { found, status };
}

/** Once each, and without those that hold no blocks: unless all are wanted. */
async function ofAll(sys: Sys, mounts: readonly Mounted[], { all }: DfOptions) {
  const found = new Map<string, FileSystem>();
  let status = 0;
  for (const mount of mounts) {
    try {
      const use = await useOf(sys, mount);
      if (!all && (use.blocks === 0 || found.has(mount.device))) continue;
      found.set(all ? mount.target : mount.device, { ...mount, file: undefined, use });
    } catch (reason) {
      await tell(sys, reason);
      status = 1;
    }
  }
  return { found: [...found.values()], status };
}

async function tell(sys: Sys, reason: unknown): Promise<void> {
  if (!(reason instanceof Failure)) throw reason;
  await print(sys, `df: ${reason.text}\n`, 2);
}

function sumOf(all: readonly FileSystem[]): FileSystem {
  // Blocks of several sizes: all are counted in bytes.
  const sum = (of: (use: StatFs) => number) => all.reduce((total, { use }) => total + of(use), 0);
  const use = {
    ...(all[0] as FileSystem).use,
    bsize: 1,
    blocks: sum(({ blocks, bsize }) => blocks * bsize),
    bfree: sum(({ bfree, bsize }) => bfree * bsize),
    bavail: sum(({ bavail, bsize }) => bavail * bsize),
    files: sum(({ files }) => files),
    ffree: sum(({ ffree }) => ffree),
  };
  return { source: "total", type: "-", target: "-", device: "", file: "-", use };
}

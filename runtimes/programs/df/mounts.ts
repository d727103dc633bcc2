/** The mounts that a process sees, and what each holds. */
import { AT_FDCWD, O_CLOEXEC, O_PATH, type StatFs, type Sys } from "../../../kernel/index.ts";
import { failing, readText } from "../program.ts";

export interface Mounted {
  readonly source: string;
  readonly type: string;
  readonly target: string;
  /** `major:minor`: two mounts of one file system have the same. */
  readonly device: string;
}

export interface FileSystem extends Mounted {
  /** As the caller named it; undefined for one that it did not ask for. */
  readonly file: string | undefined;
  readonly use: StatFs;
}

export async function readMounts(sys: Sys): Promise<Mounted[]> {
  try {
    const text = await readText(sys, "/proc/self/mountinfo");
    return text.split("\n").filter(Boolean).map(parse);
  } catch (reason) {
    throw failing("cannot read table of mounted file systems", reason);
  }
}

/** What `file` lies in: of the mounts above it the innermost, and of those the last. */
export async function mountOf(
  sys: Sys,
  mounts: readonly Mounted[],
  file: string,
): Promise<Mounted> {
  const path = await realPath(sys, file);
  let found = mounts[0] as Mounted;
  for (const mount of mounts) {
    const inside = path === mount.target || path.startsWith(`${mount.target.replace(/\/$/, "")}/`);
    if (inside && mount.target.length >= found.target.length) found = mount;
  }
  return found;
}

export async function useOf(sys: Sys, { target }: Mounted): Promise<StatFs> {
  try {
    return await sys.statfs(target);
  } catch (reason) {
    throw failing(target, reason);
  }
}

async function realPath(sys: Sys, file: string): Promise<string> {
  try {
    const fd = await sys.openat(AT_FDCWD, file, O_PATH | O_CLOEXEC, 0);
    try {
      return await sys.readlinkat(AT_FDCWD, `/proc/self/fd/${fd}`);
    } finally {
      await sys.close(fd);
    }
  } catch (reason) {
    throw failing(file, reason);
  }
}

/** proc_pid_mountinfo(5): `ID PARENT DEVICE ROOT TARGET OPTIONS [TAGS] - TYPE SOURCE OPTIONS`. */
function parse(line: string): Mounted {
  const [before = "", after = ""] = line.split(" - ");
  const [, , device = "", , target = ""] = before.split(" ");
  const [type = "", source = ""] = after.split(" ");
  return { device, target: plain(target), type: plain(type), source: plain(source) };
}

function plain(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

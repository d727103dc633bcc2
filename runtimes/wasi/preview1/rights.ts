/**
 * Rights of descriptors, which plain WASI programs may give up (fd_fdstat_set_rights) or never ask for.
 * Checked are those on which programs rely: what may be read, written and positioned. The rest of WASI's
 * list no current engine enforces, and the kernel's own permissions stand behind all of it.
 */
import { wasi } from "@bjorn3/browser_wasi_shim";
import type { ImportFunction, ImportFunctions } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

const REQUIRED: Readonly<Record<string, number>> = {
  fd_read: wasi.RIGHTS_FD_READ,
  fd_pread: wasi.RIGHTS_FD_READ,
  fd_write: wasi.RIGHTS_FD_WRITE,
  fd_pwrite: wasi.RIGHTS_FD_WRITE,
  fd_seek: wasi.RIGHTS_FD_SEEK,
  fd_tell: wasi.RIGHTS_FD_TELL,
};

/** The same functions, which ask for the right first where the program is a plain one. */
export function withRights(
  { paths, descriptors }: ProgramContext,
  functions: ImportFunctions,
): ImportFunctions {
  const checked: ImportFunctions = { ...functions };
  for (const [name, right] of Object.entries(REQUIRED)) {
    const call = functions[name] as ImportFunction | undefined;
    if (!call) continue;
    checked[name] = (fd: number, ...args: unknown[]) => {
      if (paths.isPlain) descriptors.require(fd, right);
      return call(fd, ...args);
    };
  }
  return checked;
}

/** tty(1): the name of the terminal on standard input. */
import { AT_FDCWD, Errno, KernelError, type Sys } from "../../kernel/index.ts";
import { Failure, print, program } from "./program.ts";

export const tty = program("tty", async (sys, args) => {
  const silent = args.some((arg) => arg === "-s" || arg === "--silent" || arg === "--quiet");
  const other = args.find((arg) => !["-s", "--silent", "--quiet"].includes(arg));
  if (other !== undefined) throw new Failure(`extra operand '${other}'`, 2);
  const name = await terminalName(sys);
  if (!silent) await print(sys, `${name ?? "not a tty"}\n`);
  return name === undefined ? 1 : 0;
});

async function terminalName(sys: Sys): Promise<string | undefined> {
  try {
    await sys.tcgets(0);
    return await sys.readlinkat(AT_FDCWD, "/proc/self/fd/0");
  } catch (reason) {
    if (reason instanceof KernelError && reason.errno !== Errno.EINTR) return undefined;
    throw reason;
  }
}

/** sync(1): makes files durable, one by one or all. */
import { AT_FDCWD, O_NONBLOCK, O_RDONLY, type Sys } from "../../kernel/index.ts";
import { Failure, failing, program } from "./program.ts";

export const sync = program("sync", async (sys, args) => {
  const dataOnly = args.includes("-d") || args.includes("--data");
  const wrong = args.find((arg) => arg.startsWith("-") && !KNOWN.includes(arg));
  if (wrong !== undefined) throw new Failure(`invalid option '${wrong}'`);
  const files = args.filter((arg) => !arg.startsWith("-"));
  if (files.length === 0) await sys.sync();
  for (const file of files) await syncFile(sys, file, dataOnly);
  return 0;
});

const KNOWN = ["-d", "--data", "-f", "--file-system"];

async function syncFile(sys: Sys, file: string, dataOnly: boolean): Promise<void> {
  try {
    const fd = await sys.openat(AT_FDCWD, file, O_RDONLY | O_NONBLOCK, 0);
    await (dataOnly ? sys.fdatasync(fd) : sys.fsync(fd));
    await sys.close(fd);
  } catch (reason) {
    throw failing(`error syncing '${file}'`, reason);
  }
}

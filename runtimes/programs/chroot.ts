/** chroot(1): runs a program with another root directory; root only. */
import { become, Failure, failing, program } from "./program.ts";

const FAILED = 125;

export const chroot = program("chroot", async (sys, args) => {
  const first = args.findIndex((arg) => !arg.startsWith("-"));
  const option = args.slice(0, first < 0 ? args.length : first).find((arg) => arg !== "--");
  if (option !== undefined) throw new Failure(`unknown option '${option}'`, FAILED);
  const [root, ...command] = args.slice(Math.max(first, 0));
  if (root === undefined) throw new Failure("missing operand", FAILED);
  try {
    await sys.chroot(root);
    await sys.chdir("/");
  } catch (reason) {
    throw failing(`cannot change root directory to '${root}'`, reason, FAILED);
  }
  return become(sys, command.length > 0 ? command : ["/bin/sh", "-i"]);
});

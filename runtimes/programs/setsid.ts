/** setsid(1): runs a program in a session of its own. */
import { decodeStatus, type Sys } from "../../kernel/index.ts";
import { become, Failure, failing, print, program } from "./program.ts";

const USAGE = "Usage: setsid [-c] [-f] [-w] PROGRAM [ARGUMENT...]\n";

export const setsid = program("setsid", async (sys, args) => {
  const options = new Set<string>();
  let first = 0;
  for (; args[first]?.startsWith("-"); first++) {
    const arg = args[first] as string;
    if (arg === "--") {
      first++;
      break;
    }
    const letter = LONG[arg] ?? arg;
    if (letter === "-h") {
      await print(sys, USAGE);
      return 0;
    }
    if (!["-c", "-f", "-w"].includes(letter)) throw new Failure(`invalid option '${arg}'`);
    options.add(letter);
  }
  const argv = args.slice(first);
  if (argv.length === 0) throw new Failure("no command specified");
  const run = (child: Sys) => runInSession(child, argv, options.has("-c"));
  // The leader of a group cannot start a session; its child can.
  if (!options.has("-f") && (await sys.getpgid(0)) !== sys.pid) return run(sys);
  const pid = sys.fork(run);
  if (!options.has("-w")) return 0;
  const { exited, signaled } = decodeStatus(await sys.wait4(pid, 0));
  return exited ?? 128 + (signaled ?? 0);
});

const LONG: Readonly<Record<string, string>> = {
  "--ctty": "-c",
  "--fork": "-f",
  "--wait": "-w",
  "--help": "-h",
};

async function runInSession(
  sys: Sys,
  argv: readonly string[],
  controlling: boolean,
): Promise<number> {
  try {
    await sys.setsid();
    if (controlling) await sys.tiocsctty(0, 1);
  } catch (reason) {
    throw failing("setsid failed", reason);
  }
  return program("setsid", () => become(sys, argv))(sys);
}

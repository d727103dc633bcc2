/**
 * The heap of one Node process: the embedder's bound, or less where the program's own command line asks
 * for less, as `node --max-old-space-size=100` does.
 */

/** Megabytes below which Node's library has no room. */
const LEAST_MB = 16;
const OPTION = /^--max[-_]old[-_]space[-_]size=(\d+)$/;

interface CommandLine {
  readonly argv: readonly string[];
  readonly envp: readonly string[];
}

/** Megabytes for a process that was started like this: never more than `most`. */
export function heapLimit({ argv, envp }: CommandLine, most: number): number {
  const options = envp.find((entry) => entry.startsWith("NODE_OPTIONS="))?.slice(13) ?? "";
  const asked = askedFor(argv.slice(1)) ?? askedFor(options.split(/\s+/)) ?? most;
  return Math.min(most, Math.max(LEAST_MB, asked));
}

/** The last one counts; options end at the script. */
function askedFor(args: readonly string[]): number | undefined {
  let megabytes: number | undefined;
  for (const [i, arg] of args.entries()) {
    // What follows an option may be its value.
    if (!arg.startsWith("-") && !args[i - 1]?.startsWith("-")) break;
    const value = Number(OPTION.exec(arg)?.[1]);
    if (value > 0) megabytes = value;
  }
  return megabytes;
}

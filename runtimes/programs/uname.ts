/** uname(1), arch(1) and hostname(1): what the machine calls itself. */
import type { Uname } from "../../kernel/index.ts";
import { Failure, print, program, readText } from "./program.ts";

const USAGE = "usage: uname [-asnrvmpio]";

/** Letters in the order in which the fields are printed. */
const FIELDS: readonly [letter: string, long: string, of: (names: Uname) => string][] = [
  ["s", "kernel-name", (names) => names.sysname],
  ["n", "nodename", (names) => names.nodename],
  ["r", "kernel-release", (names) => names.release],
  ["v", "kernel-version", (names) => names.version],
  ["m", "machine", (names) => names.machine],
  ["p", "processor", (names) => names.machine],
  ["i", "hardware-platform", (names) => names.machine],
  ["o", "operating-system", () => "GNU/Linux"],
];

export const uname = program("uname", async (sys, args) => {
  const wanted = new Set<string>();
  for (const arg of args) {
    if (arg === "--help") {
      await print(sys, `${USAGE}\n`);
      return 0;
    }
    for (const letter of lettersOf(arg)) wanted.add(letter);
  }
  if (wanted.size === 0) wanted.add("s");
  const names = await sys.uname();
  // As GNU's does, -a leaves out what nobody knows more of.
  const shown = wanted.has("a")
    ? FIELDS.filter(([letter]) => letter !== "p" && letter !== "i")
    : FIELDS.filter(([letter]) => wanted.has(letter));
  await print(sys, `${shown.map(([, , of]) => of(names)).join(" ")}\n`);
  return 0;
});

export const arch = program("arch", async (sys, args) => {
  if (args.length > 0) throw new Failure(`extra operand '${args[0]}'`);
  await print(sys, `${(await sys.uname()).machine}\n`);
  return 0;
});

export const hostname = program("hostname", async (sys, args) => {
  const name = (await sys.uname()).nodename;
  const [first] = args;
  if (first === undefined || first === "-f" || first === "--fqdn") {
    await print(sys, `${name}\n`);
  } else if (first === "-s" || first === "--short") {
    await print(sys, `${name.split(".")[0]}\n`);
  } else if (first === "-d" || first === "--domain") {
    await print(sys, `${name.split(".").slice(1).join(".")}\n`);
  } else if (first === "-i" || first === "-I" || first.startsWith("--ip-")) {
    await print(sys, "127.0.0.1\n");
  } else if (first === "-F" || first === "--file") {
    await sys.sethostname((await readText(sys, args[1] ?? "/etc/hostname")).trim());
  } else if (first.startsWith("-")) {
    throw new Failure(`invalid option '${first}'`);
  } else {
    await sys.sethostname(first);
  }
  return 0;
});

function lettersOf(arg: string): string[] {
  if (arg === "--all") return ["a"];
  if (arg.startsWith("--")) {
    const field = FIELDS.find(([, long]) => long === arg.slice(2));
    if (field) return [field[0]];
    throw new Failure(`unrecognized option '${arg}'\n${USAGE}`);
  }
  if (!arg.startsWith("-")) throw new Failure(`extra operand '${arg}'\n${USAGE}`);
  const letters = [...arg.slice(1)];
  const wrong = letters.find((letter) => !"asnrvmpio".includes(letter));
  if (wrong !== undefined) throw new Failure(`invalid option -- '${wrong}'\n${USAGE}`);
  return letters;
}

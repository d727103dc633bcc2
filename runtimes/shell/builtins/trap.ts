/** `trap`. */
import { SIGNAL_MAX, signalName, signalNumber } from "../../../kernel/abi.ts";
import type { BuiltinTable } from "../builtin.ts";
import { PSEUDO_SIGNALS, setTrap } from "../execute/traps.ts";
import { quoteSingle } from "../quote.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { parseOptions, printUsage } from "./arguments.ts";

export const trapBuiltins: BuiltinTable = {
  trap: { run: trap, special: true, synopsis: "[-lp] [[arg] signal_spec ...]" },
};

function trap(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const options = parseOptions(shell, args, "lp");
  const { operands } = options;
  if (options.has("l")) return shell.builtins.get("kill")?.run(shell, ["-l"]) ?? 0;
  if (options.has("p")) return show(shell, operands);
  const [action, ...names] = operands;
  if (action === undefined) return show(shell, []);
  const isReset = names.length === 0 || /^[0-9]+$/u.test(action);
  if (names.length === 0 && trapName(action) === undefined) return printUsage(shell);
  if (isReset) return change(shell, undefined, operands);
  return change(shell, action === "-" ? undefined : action, names);
}

/** The name under which a trap is kept: `EXIT`, `INT`; undefined for what is no signal. */
function trapName(spec: string): string | undefined {
  const upper = spec.toUpperCase();
  if (upper === "0" || upper === "EXIT" || upper === "SIGEXIT") return "EXIT";
  if ((PSEUDO_SIGNALS as readonly string[]).includes(upper)) return upper;
  if (/^[0-9]+$/u.test(spec)) {
    const number = Number(spec);
    return number <= SIGNAL_MAX ? signalName(number) : undefined;
  }
  const number = signalNumber(upper);
  return number === undefined ? undefined : signalName(number);
}

function change(shell: Shell, action: string | undefined, specs: readonly string[]): number {
  let status = 0;
  for (const spec of specs) {
    const name = trapName(spec);
    if (name === undefined) {
      shell.complain(`${spec}: invalid signal specification`);
      status = 1;
    } else setTrap(shell, name, action);
  }
  return status;
}

function show(shell: Shell, specs: readonly string[]): MaybePromise<number> {
  const traps = shell.inheritedTraps ?? shell.traps;
  let status = 0;
  const wanted: string[] = [];
  for (const spec of specs) {
    const name = trapName(spec);
    if (name !== undefined) wanted.push(name);
    else {
      shell.complain(`${spec}: invalid signal specification`);
      status = 1;
    }
  }
  const names = specs.length > 0 ? wanted : allNames();
  let text = "";
  for (const name of names) {
    const action = traps.get(name);
    if (action === undefined) continue;
    const shown = shell.options.posix ? name : shownName(name);
    text += `trap -- ${quoteSingle(action)} ${shown}\n`;
  }
  return chain(shell.write(1, text), () => status);
}

function allNames(): string[] {
  const names = ["EXIT"];
  for (let number = 1; number <= SIGNAL_MAX; number++) names.push(signalName(number) ?? "");
  return [...names, "DEBUG", "ERR", "RETURN"];
}

function shownName(name: string): string {
  return (PSEUDO_SIGNALS as readonly string[]).includes(name) ? name : `SIG${name}`;
}

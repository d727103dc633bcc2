/** `test` and `[`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { ShellTestHost } from "../shell-test.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { evaluateTest } from "../test.ts";
import { USAGE } from "./arguments.ts";

export const testBuiltins: BuiltinTable = {
  test: { run: test, synopsis: "[expr]" },
  "[": { run: bracket, synopsis: "arg..." },
};

function test(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const result = evaluateTest(args, new ShellTestHost(shell));
  return chain(result, (value) => (value ? 0 : 1));
}

function bracket(shell: Shell, args: readonly string[]): MaybePromise<number> {
  if (args.at(-1) !== "]") throw new ShellError("missing `]'", USAGE);
  return test(shell, args.slice(0, -1));
}

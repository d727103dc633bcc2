/** `let`: evaluates each argument as arithmetic. */
import { ArithmeticError } from "../arithmetic.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { evaluateOrThrow } from "../words/arithmetic-values.ts";

export const letBuiltins: BuiltinTable = { let: { run: runLet, synopsis: "arg [arg ...]" } };

/** 1 where the last value is 0. */
function runLet(shell: Shell, args: readonly string[]): number {
  const expressions = args[0] === "--" ? args.slice(1) : args;
  if (expressions.length === 0) throw new ShellError("expression expected");
  let status = 0;
  for (const expression of expressions) {
    try {
      const value = evaluateOrThrow(shell, expression);
      status = value === 0 ? 1 : 0;
    } catch (error) {
      if (error instanceof ArithmeticError) throw new ShellError(error.message);
      throw error;
    }
  }
  return status;
}

/** What the interpreter does for the state and the builtins, in one object. */
import { callFunction } from "./execute/functions.ts";
import { runText } from "./execute/run-text.ts";
import { runPendingTraps } from "./execute/traps.ts";
import { expandPromptText } from "./prompt-facts.ts";
import { isWatched, variableChanged } from "./special-variables.ts";
import type { Interpreter } from "./state.ts";
import { evaluate } from "./words/arithmetic-values.ts";
import { expandTemplate } from "./words/expand.ts";
import { readElement, writeElement } from "./words/subscripts.ts";

export const interpreter: Interpreter = {
  evaluate: (shell, text) => runText(shell, text, { label: "eval", line: shell.line }),
  callFunction,
  handleSignals: runPendingTraps,
  expandText: (shell, text) => expandTemplate(shell, text, "document"),
  expandPrompt: (shell, text) => expandPromptText(shell, text),
  readElement,
  writeElement,
  evaluateInteger: (shell, text) => String(evaluate(shell, text)),
  assigned: variableChanged,
  isWatched,
};

/** Lists, conditions and single commands: from a node of the syntax tree to what runs it. */
import type { AndOr, CompoundList, PipelineNode, Statement, SyntaxNode } from "unbash";
import { ExitShell } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { MaybePromise } from "../task.ts";
import { startBackground } from "./background.ts";
import {
  runArithmeticCommand,
  runArithmeticFor,
  runCase,
  runFor,
  runIf,
  runWhile,
} from "./compound.ts";
import { runTest } from "./conditional.ts";
import { asCondition, checkpoint, settle } from "./control.ts";
import { runCoproc } from "./coproc.ts";
import { defineFunction } from "./functions.ts";
import { runPipeline } from "./pipeline.ts";
import { withRedirections } from "./redirections.ts";
import { runSelect } from "./select.ts";
import { runSimple } from "./simple.ts";
import { runSubshell } from "./subshell.ts";

export function runStatement(shell: Shell, statement: Statement): MaybePromise<number> {
  if (statement.background) return startBackground(shell, statement.command);
  return runNode(shell, statement.command);
}

/** The commands of a body, until one of them jumps. */
export function runList(shell: Shell, list: CompoundList): MaybePromise<number> {
  const { commands } = list;
  for (let number = 0; number < commands.length; number++) {
    const pause = checkpoint(shell);
    const statement = commands[number] as Statement;
    const result = pause
      ? pause.then(() => (shell.jump ? shell.status : runStatement(shell, statement)))
      : runStatement(shell, statement);
    if (typeof result !== "number") return resumeList(shell, commands, number + 1, result);
    if (shell.jump) return result;
  }
  return commands.length === 0 ? 0 : shell.status;
}

async function resumeList(
  shell: Shell,
  commands: readonly Statement[],
  from: number,
  pending: Promise<number>,
): Promise<number> {
  await pending;
  for (let number = from; number < commands.length; number++) {
    if (shell.jump) break;
    const pause = checkpoint(shell);
    if (pause) await pause;
    // A trap's action may have left the function.
    if (shell.jump) break;
    const result = runStatement(shell, commands[number] as Statement);
    if (typeof result !== "number") await result;
  }
  return shell.status;
}

/** Runs any command and answers its status, which `$?` then has. */
export function runNode(shell: Shell, node: SyntaxNode): MaybePromise<number> {
  switch (node.type) {
    case "Command":
      return runSimple(shell, node);
    case "AndOr":
      return runAndOr(shell, node);
    case "Pipeline":
      return runPipeline(shell, node);
    case "If":
      return runIf(shell, node);
    case "For":
      return runFor(shell, node);
    case "While":
      return runWhile(shell, node);
    case "ArithmeticFor":
      return runArithmeticFor(shell, node);
    case "ArithmeticCommand":
      return runArithmeticCommand(shell, node);
    case "TestCommand":
      return runTest(shell, node);
    case "Case":
      return runCase(shell, node);
    case "Select":
      return runSelect(shell, node);
    case "BraceGroup":
      return runList(shell, node.body);
    case "CompoundList":
      return runList(shell, node);
    case "Subshell":
      return runSubshell(shell, node);
    case "Redirected": {
      const { position } = shell;
      return withRedirections(
        shell,
        node.redirects,
        () => runNode(shell, node.command),
        () => {
          // To the ERR trap, $LINENO is still that of the command before.
          shell.position = position;
          return settle(shell, 1);
        },
      );
    }
    case "Function":
      return settle(shell, defineFunction(shell, node));
    case "Coproc":
      return runCoproc(shell, node);
    default:
      throw new ExitShell(2);
  }
}

function runAndOr(shell: Shell, { commands, operators }: AndOr): MaybePromise<number> {
  shell.isLastCommand = false;
  let number = 0;
  for (;;) {
    const isLast = number === commands.length - 1;
    const command = commands[number] as PipelineNode;
    const result = isLast
      ? runNode(shell, command)
      : asCondition(shell, () => runNode(shell, command));
    if (typeof result !== "number")
      return resumeAndOr(shell, { commands, operators }, number, result);
    if (shell.jump) return result;
    number = nextOf(operators, number, result);
    if (number >= commands.length) return result;
  }
}

async function resumeAndOr(
  shell: Shell,
  { commands, operators }: Pick<AndOr, "commands" | "operators">,
  from: number,
  pending: Promise<number>,
): Promise<number> {
  let status = await pending;
  for (
    let number = nextOf(operators, from, status);
    number < commands.length && !shell.jump;
    number = nextOf(operators, number, status)
  ) {
    const command = commands[number] as PipelineNode;
    status = await (number === commands.length - 1
      ? runNode(shell, command)
      : asCondition(shell, () => runNode(shell, command)));
  }
  return status;
}

/** The command that runs after number `number` ended with `status`. */
function nextOf(operators: readonly string[], number: number, status: number): number {
  let next = number;
  while (next < operators.length) {
    const operator = operators[next];
    next++;
    if ((operator === "&&") === (status === 0)) return next;
  }
  return operators.length + 1;
}

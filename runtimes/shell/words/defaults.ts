/** `${x:-word}` and its kin: what an unset or empty parameter gives way to. */
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { expandPieces, expandText } from "./expand.ts";
import { failExpansion, failFatally } from "./failures.ts";
import { emit, type ParameterValue, type Subject, subjectName } from "./parameter-expansion.ts";
import { separatorsOf } from "./parameters.ts";
import type { Operation, ParameterPiece } from "./pieces.ts";
import { Sink } from "./sinks.ts";

type DefaultOperation = Extract<Operation, { kind: "default" }>;

export function applyDefault(
  shell: Shell,
  subject: Subject,
  value: ParameterValue,
  piece: ParameterPiece,
  operation: DefaultOperation,
  sink: Sink,
): MaybePromise<void> {
  const { operator, operand } = operation;
  const star = subject.list === "*";
  const joint = star && piece.quoted ? separatorsOf(shell).first : " ";
  const isMissing = isUnset(value) || (operator.startsWith(":") && isEmpty(value, joint));
  const useWord = () =>
    expandPieces(shell, operand.pieces, piece.quoted ? sink : new OperandSink(sink)) ?? undefined;
  switch (operator.at(-1)) {
    case "+":
      return isMissing ? undefined : useWord();
    case "-":
      return isMissing ? useWord() : emit(shell, value, star, piece, sink);
    case "=":
      if (!isMissing) return emit(shell, value, star, piece, sink);
      return chain(expandText(shell, operand), (text) => {
        const assigned = assign(shell, subject, text);
        sink.expansion(assigned, piece.quoted);
      });
    default:
      if (!isMissing) return emit(shell, value, star, piece, sink);
      return chain(expandText(shell, operand), (text) => {
        const missing = operator === ":?" ? "parameter null or not set" : "parameter not set";
        const message = operand.text === "" ? missing : text;
        const name =
          piece.prefix === "!" ? `!${piece.name}` : subjectName(subject).replace(/^\$/u, "");
        failFatally(shell, `${name}: ${message}`);
      });
  }
}

function isUnset(value: ParameterValue): boolean {
  return value === undefined || (typeof value === "object" && value.length === 0);
}

function isEmpty(value: ParameterValue, joint: string): boolean {
  return typeof value === "object" ? value.join(joint) === "" : value === "";
}

/** Assigns, and answers what the parameter's value is then. */
function assign(shell: Shell, subject: Subject, text: string): string {
  const { name, key, list } = subject;
  if (list || !/^[A-Za-z_]/u.test(name))
    failExpansion(shell, `$${name}: cannot assign in this way`);
  if (key === undefined) {
    shell.variables.set(name, text);
    return shell.variables.get(name) ?? text;
  }
  shell.variables.setElement(name, key, text);
  return text;
}

/** The word of `${x:-word}` without quotes around: it is split as the value would be. */
class OperandSink extends Sink {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    super();
    this.#sink = sink;
  }

  literal(text: string, quoted: boolean): void {
    if (quoted) this.#sink.literal(text, true);
    else this.#sink.expansion(text, false);
  }

  expansion(text: string, quoted: boolean): void {
    this.#sink.expansion(text, quoted);
  }

  list(values: readonly string[], quoted: boolean, star: boolean): void {
    this.#sink.list(values, quoted, star);
  }

  override mark(): void {
    this.#sink.mark();
  }
}

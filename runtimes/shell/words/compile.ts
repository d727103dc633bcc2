/**
 * From the parser's words to pieces. What is decided here does not depend on the shell's state, so each
 * word is compiled once, at its first expansion. Pure.
 */
import {
  type ParameterExpansionPart,
  type ParameterOperation,
  type ParsedScript,
  parse,
  type Word,
  type WordPart,
} from "unbash";
import { decodeAnsiC } from "../escape.ts";
import type { Index, Operation, ParameterPiece, Piece, WordPieces } from "./pieces.ts";
import { type TildeContext, TildeWriter } from "./tilde.ts";

export interface CompiledWord extends WordPieces {
  /** The one field that it always expands to, where nothing in it is special. */
  readonly constant: string | undefined;
  /** Braces may make several words of it. */
  readonly hasBraces: boolean;
}

const compiled = new WeakMap<Word, CompiledWord>();
const compiledAsValue = new WeakMap<Word, CompiledWord>();
const compiledPlain = new WeakMap<Word, CompiledWord>();

/** A word of a command, a loop's list, an array, a pattern or a redirection. */
export function compileWord(word: Word): CompiledWord {
  let result = compiled.get(word);
  if (!result) {
    result = new Compiler().compile(word, "word");
    compiled.set(word, result);
  }
  return result;
}

/** What stands behind the `=` of an assignment: a tilde may follow each colon. */
export function compileValue(word: Word): CompiledWord {
  let result = compiledAsValue.get(word);
  if (!result) {
    result = new Compiler().compile(word, "value");
    compiledAsValue.set(word, result);
  }
  return result;
}

/** As `compileValue`, where no tilde counts: the elements of an associative array. */
export function compilePlain(word: Word): CompiledWord {
  let result = compiledPlain.get(word);
  if (!result) {
    result = new Compiler().compile(word, "plain");
    compiledPlain.set(word, result);
  }
  return result;
}

/** `text` read as one word, as brace expansion leaves it. */
export function compileWordText(text: string): CompiledWord {
  const source = `: ${text}`;
  const command = parse(source).commands[0]?.command;
  const word = command?.type === "Command" ? command.args[0] : undefined;
  if (word?.type === "Word" && word.text === text) {
    return new Compiler(source).compile(word, "word");
  }
  return { text, pieces: [{ kind: "text", text, quoted: true }], constant: text, hasBraces: false };
}

/** The parts of `text`, a double-quoted string with its quotes, as the pieces between them. */
export function compileQuoted(text: string): readonly Piece[] {
  const source = `: ${text}`;
  const command = parse(source).commands[0]?.command;
  const word = command?.type === "Command" ? command.args[0] : undefined;
  const [part] = (word?.type === "Word" && word.parts) || [];
  if (part?.type !== "DoubleQuoted")
    return [{ kind: "text", text: text.slice(1, -1), quoted: true }];
  return new Compiler(source).quotedParts(part.parts);
}

class Compiler {
  readonly #ownText: string | undefined;
  /** What tildes count in inside `${...}`. */
  #operandContext: TildeContext = "operand";

  constructor(ownText?: string) {
    this.#ownText = ownText;
  }

  compile(word: Word, context: TildeContext): CompiledWord {
    const writer = new TildeWriter(word.text, context);
    if (context === "value") this.#operandContext = "value";
    let hasBraces = false;
    if (!word.parts) writer.raw(word.text);
    for (const part of word.parts ?? []) {
      if (part.type === "BraceExpansion") hasBraces = true;
      this.#part(part, writer);
    }
    const pieces = writer.finish();
    const constant = hasBraces ? undefined : constantOf(pieces);
    return { text: word.text, pieces, constant, hasBraces };
  }

  /** Between double quotes, and in here-documents. */
  quotedParts(parts: readonly WordPart[]): Piece[] {
    return parts.map((part) => this.#quotedPart(part));
  }

  #part(part: WordPart, writer: TildeWriter): void {
    if (part.type === "Literal") writer.raw(part.text);
    else if (hasGaps(part)) this.#withGaps(part, writer);
    else writer.add(this.#unquotedPart(part));
  }

  #unquotedPart(part: Exclude<WordPart, { type: "Literal" } | GappedPart>): Piece {
    switch (part.type) {
      case "SingleQuoted":
        return { kind: "quotes", pieces: [quoted(part.value)], hasList: false };
      case "AnsiCQuoted":
        return { kind: "quotes", pieces: [ansiC(part.text)], hasList: false };
      case "DoubleQuoted":
      case "LocaleString":
        return this.#quotes(part.parts);
      default:
        return this.#expansion(part, false);
    }
  }

  /** Text in which only some stretches are parts of their own. */
  #withGaps(part: GappedPart, writer: TildeWriter): void {
    let at = 0;
    for (const inner of part.parts ?? []) {
      writer.raw(part.text.slice(at, inner.pos - part.pos));
      this.#part(inner, writer);
      at = inner.end - part.pos;
    }
    writer.raw(part.text.slice(at));
  }

  #quotes(parts: readonly WordPart[]): Piece {
    const pieces = this.quotedParts(parts);
    return { kind: "quotes", pieces, hasList: pieces.some(isList) };
  }

  #quotedPart(part: WordPart): Piece {
    switch (part.type) {
      case "Literal":
        return quoted(part.value);
      case "SingleQuoted":
        return quoted(part.value);
      case "AnsiCQuoted":
        return ansiC(part.text);
      case "DoubleQuoted":
      case "LocaleString":
        return this.#quotes(part.parts);
      case "Glob":
      case "ExtendedGlob":
      case "BraceExpansion":
        return quoted(part.text);
      default:
        return this.#expansion(part, true);
    }
  }

  #expansion(
    part: Extract<
      WordPart,
      {
        type:
          | "SimpleExpansion"
          | "ParameterExpansion"
          | "CommandExpansion"
          | "ArithmeticExpansion"
          | "ProcessSubstitution";
      }
    >,
    isQuoted: boolean,
  ): Piece {
    switch (part.type) {
      case "SimpleExpansion":
        return simpleParameter(part.text, isQuoted);
      case "ParameterExpansion":
        return this.#parameter(part, isQuoted);
      case "CommandExpansion":
        // `${ command; }` is younger than the bash that is spoken here.
        if (part.text.startsWith("${")) return badSubstitution(part.text, isQuoted);
        return {
          kind: "command",
          script: part.script ?? EMPTY,
          ownText: part.script?.source ?? this.#ownText,
          isBackquoted: part.text.startsWith("`"),
          quoted: isQuoted,
        };
      case "ArithmeticExpansion":
        return { kind: "arithmetic", expression: arithmeticBody(part.text), quoted: isQuoted };
      case "ProcessSubstitution":
        return {
          kind: "process",
          direction: part.operator,
          script: part.script ?? EMPTY,
          ownText: part.script?.source ?? this.#ownText,
        };
    }
  }

  #parameter(part: ParameterExpansionPart, isQuoted: boolean): ParameterPiece {
    const { text, parameter: name, prefix, index, operation } = part;
    return {
      kind: "parameter",
      text,
      name,
      prefix,
      index: index && this.#index(index),
      operation: operation && this.#operation(operation, isQuoted),
      quoted: isQuoted,
    };
  }

  #index(word: Word): Index {
    if (word.text === "@" || word.text === "*") return word.text;
    return this.#operand(word, false);
  }

  #operation(operation: ParameterOperation, isQuoted: boolean): Operation {
    switch (operation.type) {
      case "Default": {
        const operand = this.#operand(operation.operand, isQuoted);
        return { kind: "default", operator: operation.operator, operand };
      }
      case "Remove": {
        const operand = this.#operand(operation.operand, false);
        return { kind: "remove", operator: operation.operator, operand };
      }
      case "Replace": {
        const pattern = this.#operand(operation.pattern, false);
        const replacement = this.#operand(operation.replacement, false);
        return { kind: "replace", operator: operation.operator, pattern, replacement };
      }
      case "Slice": {
        const offset = this.#operand(operation.offset, false);
        const length = operation.length && this.#operand(operation.length, false);
        return { kind: "slice", offset, length };
      }
      case "CaseModification": {
        const operand = operation.operand && this.#operand(operation.operand, false);
        return { kind: "case", operator: operation.operator, operand };
      }
      case "Transform":
        return { kind: "transform", operator: operation.operand.text };
      case "Names":
        return { kind: "names", operator: operation.operator };
      case "Unknown":
        return swapOperation(operation.operator);
    }
  }

  /** A word inside `${...}`: no braces are expanded in it. */
  #operand(word: Word, isQuoted: boolean): WordPieces {
    if (!isQuoted) return this.compile(word, this.#operandContext);
    const pieces = word.parts ? this.quotedParts(word.parts) : [quoted(word.value)];
    return { text: word.text, pieces };
  }
}

type GappedPart = Extract<WordPart, { type: "Glob" | "ExtendedGlob" | "BraceExpansion" }>;

function hasGaps(part: WordPart): part is GappedPart {
  return part.type === "Glob" || part.type === "ExtendedGlob" || part.type === "BraceExpansion";
}

const EMPTY: ParsedScript = { type: "Script", pos: 0, end: 0, shebang: undefined, commands: [] };

function quoted(text: string): Piece {
  return { kind: "text", text, quoted: true };
}

function ansiC(text: string): Piece {
  return quoted(decodeAnsiC(text.slice(2, -1)));
}

function simpleParameter(text: string, isQuoted: boolean): ParameterPiece {
  return {
    kind: "parameter",
    text,
    name: text.slice(1),
    prefix: undefined,
    index: undefined,
    operation: undefined,
    quoted: isQuoted,
  };
}

function badSubstitution(text: string, isQuoted: boolean): ParameterPiece {
  const operation = { kind: "unknown" } as const;
  return { ...simpleParameter(text, isQuoted), operation };
}

/** The expression in `$((...))` or `$[...]`. */
function arithmeticBody(text: string): string {
  return text.startsWith("$[") ? text.slice(2, -1) : text.slice(3, -2);
}

function isList(piece: Piece): boolean {
  if (piece.kind !== "parameter" || piece.prefix === "#") return false;
  if (piece.prefix === "!" && piece.operation && piece.operation.kind !== "names") return false;
  if (piece.index !== undefined) return piece.index === "@";
  if (piece.operation?.kind === "names") return piece.operation.operator === "@";
  return piece.name === "@";
}

/** `${x~}` and `${x~~pattern}`, which the parser does not know. */
function swapOperation(text: string): Operation {
  const match = /^(~~?)(.*)$/su.exec(text);
  if (!match) return { kind: "unknown" };
  const operand = match[2] === "" ? undefined : compileWordText(match[2] as string);
  return { kind: "case", operator: match[1] as "~" | "~~", operand };
}

const SPECIAL = /[*?[]|[+@!]\(/u;

function constantOf(pieces: readonly Piece[]): string | undefined {
  let text = "";
  for (const piece of pieces) {
    if (piece.kind === "quotes") {
      const inner = constantOf(piece.pieces);
      if (inner === undefined) return undefined;
      text += inner;
    } else if (piece.kind === "text" && (piece.quoted || !SPECIAL.test(piece.text))) {
      text += piece.text;
    } else return undefined;
  }
  return pieces.length === 0 ? undefined : text;
}

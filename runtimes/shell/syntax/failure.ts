/** What bash says about a text that it cannot read: from the parser's error to bash's wording. Pure. */
import { type ParseError, parse } from "unbash";

export interface SyntaxFailure {
  /** Where reading stopped. */
  readonly position: number;
  /** Without the shell's name and the line number, which stand before each of its lines. */
  readonly messages: readonly string[];
  /** The line that bash names, counted from 1. */
  readonly line: number;
  /** Bash leaves $? as it is after this one. */
  readonly keepsStatus?: boolean;
  /** More text could make it whole: an interactive shell asks for the next line. */
  readonly isIncomplete: boolean;
}

/** Messages of `unbash` that a missing closing character causes, and that character. */
const UNTERMINATED: readonly (readonly [prefix: string, closing: string])[] = [
  ["unterminated single quote", "'"],
  ["unterminated ANSI-C quote", "'"],
  ["unterminated double quote", '"'],
  ["unterminated backtick", "`"],
  ["unterminated command substitution", ")"],
  ["unterminated process substitution", ")"],
  ["unterminated arithmetic", ")"],
  ["unterminated extended glob", ")"],
  ["unterminated array", ")"],
  ["unterminated parameter expansion", "}"],
  ["unterminated", ")"],
];
/** Commands found unfinished once a token that ends one of these was met. */
const CLOSERS = /(?:^|[\s;&|()])(?:fi|done|then|do|else|elif|esac|\}|\)|;;&?|;&)$/u;
/** Constructs after which the line must go on: the newline itself is what bash objects to. */
const NEEDS_WORD_ON_LINE =
  /(?:[<>]|(?:^|[\s;&|(){}])(?:for|select|case|function|coproc)|<<-?|;;&?[ \t]+\(?(?!esac\b)\S+|\bin[ \t]+\(\S+)[ \t]*$/u;

export function describeFailure(text: string, error: ParseError): SyntaxFailure {
  const { message, pos } = error;
  const unterminated = UNTERMINATED.find(([prefix]) => message.startsWith(prefix));
  if (unterminated) return unclosed(text, pos, unterminated[1]);
  if (message.startsWith("expected three arithmetic")) return arithmeticHeader(text, pos);
  const condition = conditionFailure(text, error);
  if (condition) return condition;
  const opening = message.startsWith("expected command in") ? 1 : 0;
  const rest = text.slice(pos + opening).replace(/(?:^|\s)#.*$/gmu, "");
  if (rest.trim() === "" && !isTooLate(text, error)) return atEnd(text, pos, message);
  return atToken(text, ...offendingToken(text, error));
}

/** `if true; fi`: what was read last cannot stand where `then` or `do` is missing. */
function isTooLate(text: string, { message, pos }: ParseError): boolean {
  const keyword = /^expected '(then|do)'$/u.exec(message)?.[1];
  if (keyword === undefined || !CLOSERS.test(text.slice(0, pos).trimEnd())) return false;
  // It may close a command inside: then the keyword can still come.
  return parse(`${text}\n${keyword} `).errors?.[0]?.message === message;
}

function unclosed(text: string, position: number, closing: string): SyntaxFailure {
  const atOpening = closing !== ")" || !/^[$<>]?\((?!\()/u.test(text.slice(position));
  return {
    position,
    messages: [`unexpected EOF while looking for matching \`${closing}'`],
    line: atOpening ? lineOf(text, position) : lastLine(text) + 1,
    isIncomplete: true,
  };
}

function atEnd(text: string, position: number, message: string): SyntaxFailure {
  const end = text.slice(0, position).trimEnd().length;
  const line = text.slice(text.lastIndexOf("\n", end - 1) + 1, end).replace(/(?:^|\s)#.*$/u, "");
  const misplaced =
    message.includes("'case' word") && /\bcase[ \t]+\S+[ \t]+(\S+)[ \t]*$/u.exec(line);
  if (misplaced) return atToken(text, position - 1, misplaced[1] as string);
  if (NEEDS_WORD_ON_LINE.test(line)) return atToken(text, position, "newline");
  return {
    position,
    messages: ["syntax error: unexpected end of file"],
    line: lastLine(text) + 1,
    isIncomplete: true,
  };
}

export function atToken(text: string, position: number, token: string): SyntaxFailure {
  return {
    position,
    messages: [`syntax error near unexpected token \`${token}'`, `\`${lineAt(text, position)}'`],
    line: lineOf(text, position),
    isIncomplete: false,
  };
}

function arithmeticHeader(text: string, position: number): SyntaxFailure {
  const start = text.lastIndexOf("((", position);
  const end = text.indexOf("))", start);
  const header = text.slice(start, end < 0 ? undefined : end + 2);
  const isLong = header.split(";").length > 3;
  return {
    position: start,
    messages: [
      isLong ? "syntax error: `;' unexpected" : "syntax error: arithmetic expression required",
      `syntax error: \`${header}'`,
    ],
    line: lineOf(text, start),
    isIncomplete: false,
  };
}

/** Failures inside `[[ ]]`, which bash words by itself. */
function conditionFailure(text: string, { message, pos }: ParseError): SyntaxFailure | undefined {
  const open = text.lastIndexOf("[[", pos);
  const inside = open < 0 ? "" : text.slice(open, pos);
  const isInside = open >= 0 && !/\s\]\]\s/u.test(inside) && !inside.includes("\n");
  const token = tokenAt(text, pos)[1];
  let explanation: string | undefined;
  if (message.includes("unary test operator"))
    explanation = `unexpected argument \`${token}' to conditional unary operator`;
  else if (message.includes("to conditional operator"))
    explanation = `unexpected argument \`${token}' to conditional binary operator`;
  else if (message.includes("close test group"))
    explanation = `unexpected token \`]]', expected \`)'`;
  else if (isInside && message.includes("'[['") && /[=!<>~]\s*\]\]$/u.test(inside))
    explanation = "unexpected argument `]]' to conditional binary operator";
  else if (isInside && (message.includes("'[['") || message.startsWith("unexpected token")))
    explanation =
      token === "newline"
        ? "unexpected token `newline', conditional binary operator expected"
        : "conditional binary operator expected";
  if (!explanation) return undefined;
  const isIncomplete = token === "newline" && /(?:&&|\|\||\()\s*$/u.test(inside);
  const line = lineOf(text, pos);
  return { position: pos, messages: [explanation], line, isIncomplete, keepsStatus: true };
}

/** The token that bash's grammar has no place for. */
function offendingToken(text: string, { message, pos }: ParseError): [number, string] {
  const before = text.slice(0, pos).trimEnd();
  const looksBack = message.startsWith("expected '") || message.startsWith("expected command in");
  if (message.startsWith("expected command in")) {
    const closing = /[)}]/u.exec(text.slice(pos + 1));
    if (closing) return [pos + 1 + closing.index, closing[0]];
  }
  if (looksBack && !/[;\n]$/u.test(before)) {
    const word = /(?:[^\s;&|()<>]+|[;&|()<>]+)$/u.exec(before);
    const isWholeTokenAhead = /^[^\s]/u.test(text.slice(pos)) && !CLOSERS.test(before);
    if (word && !isWholeTokenAhead) return [word.index, word[0]];
    if (word && message.startsWith("expected '")) return [word.index, word[0]];
  }
  const functionOpening = /^\s*[^\s()]+\s*\(\s*([^\s()]+)/u.exec(lineAt(text, pos));
  if (message.startsWith("unexpected token ')'") && functionOpening?.[1]) {
    const start = text.lastIndexOf("\n", pos - 1) + 1 + functionOpening[0].length;
    return [start - functionOpening[1].length, functionOpening[1]];
  }
  return tokenAt(text, pos);
}

const TOKEN =
  /^(?:;;&|;;|;&|;|&&|&>>|&>|&|\|\||\|&|\||<<<|<<-|<<|<&|<>|<|>>|>&|>\||>|\(|\)|(?:[^\s;&|()<>'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+)/su;

/** The token at or after `position`; `newline` where the line or the text ends first. */
function tokenAt(text: string, position: number): [number, string] {
  let at = position;
  while (text[at] === " " || text[at] === "\t") at++;
  if (at >= text.length || text[at] === "\n") return [at, "newline"];
  return [at, TOKEN.exec(text.slice(at))?.[0] ?? (text[at] as string)];
}

function lineOf(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < position; at = text.indexOf("\n", at + 1))
    line++;
  return line;
}

function lastLine(text: string): number {
  return lineOf(text, text.endsWith("\n") ? text.length - 1 : text.length);
}

export function lineAt(text: string, position: number): string {
  const start = text.lastIndexOf("\n", position - 1) + 1;
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end);
}

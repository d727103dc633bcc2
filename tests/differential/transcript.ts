/**
 * Transcripts: shell lines with what the host's bash and tools said to them, in a form that a person
 * reads and writes. `record.ts` fills in all but the commands, the `@` and the `#` lines.
 *
 *     # a comment
 *     @ NAME...      normalisations for the next command (normalise.ts)
 *     $ command      and `> ` for its further lines
 *       text         a line of standard output
 *     ! text         a line of standard error
 *     \ text  !\ text   the same with escapes (\xHH, \\), where it is empty or no plain text
 *     %  !%          the line before it did not end in a newline
 *     ? 3            exit status, when it is not 0 (128 + n after signal n)
 */

export interface Result {
  /** Bytes as a string of char codes 0..255 ("latin1"), so that no byte is lost. */
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface Case {
  readonly command: string;
  readonly normalise: readonly string[];
  readonly expected: Result;
  /** Comments and blank lines that stand before it. */
  readonly leading: readonly string[];
}

export function parseTranscript(text: string): Case[] {
  const cases: Case[] = [];
  let leading: string[] = [];
  let normalise: string[] = [];
  let current: Builder | undefined;
  const finish = (): void => {
    if (current !== undefined) cases.push(current.done());
    current = undefined;
  };
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#") || line.startsWith("@ ")) {
      finish();
      if (line.startsWith("@ ")) normalise = line.slice(2).trim().split(/\s+/);
      else leading.push(line);
    } else if (line.startsWith("$ ")) {
      finish();
      current = new Builder(line.slice(2), normalise, leading);
      [normalise, leading] = [[], []];
    } else if (current === undefined) {
      throw new Error(`transcript line belongs to no command: ${line}`);
    } else {
      current.add(line);
    }
  }
  finish();
  return cases;
}

export function formatTranscript(cases: readonly Case[]): string {
  const out: string[] = [];
  for (const { leading, normalise, command, expected } of cases) {
    out.push(...leading);
    if (normalise.length > 0) out.push(`@ ${normalise.join(" ")}`);
    out.push(...command.split("\n").map((line, index) => `${index === 0 ? "$" : ">"} ${line}`));
    out.push(...formatResult(expected));
  }
  return `${out.join("\n")}\n`;
}

/** A result as transcript lines, which is also how a failing test shows it. */
export function formatResult({ stdout, stderr, status }: Result): string[] {
  const out = [...formatStream(stdout, ""), ...formatStream(stderr, "!")];
  if (status !== 0) out.push(`? ${status}`);
  return out;
}

class Builder {
  readonly #normalise: readonly string[];
  readonly #leading: readonly string[];
  #command: string;
  #stdout = "";
  #stderr = "";
  #status = 0;

  constructor(command: string, normalise: readonly string[], leading: readonly string[]) {
    this.#command = command;
    this.#normalise = normalise;
    this.#leading = leading;
  }

  add(line: string): void {
    if (line.startsWith("> ")) this.#command += `\n${line.slice(2)}`;
    else if (line.startsWith("? ")) this.#status = Number(line.slice(2));
    else if (line.startsWith("! ")) this.#stderr = addLine(this.#stderr, " ", line.slice(2));
    else if (line.startsWith("!")) this.#stderr = addLine(this.#stderr, line[1], line.slice(3));
    else this.#stdout = addLine(this.#stdout, line[0], line.slice(2));
  }

  done(): Case {
    return {
      command: this.#command,
      normalise: this.#normalise,
      leading: this.#leading,
      expected: { stdout: this.#stdout, stderr: this.#stderr, status: this.#status },
    };
  }
}

function addLine(stream: string, kind: string | undefined, text: string): string {
  if (kind === "%") return stream.slice(0, -1);
  if (kind === "\\") return `${stream}${unescapeBytes(text)}\n`;
  if (kind === " ") return `${stream}${Buffer.from(text, "utf8").toString("latin1")}\n`;
  throw new Error(`transcript line of no known kind: ${kind}${text}`);
}

function formatStream(bytes: string, bang: string): string[] {
  if (bytes === "") return [];
  const ended = bytes.endsWith("\n");
  const lines = (ended ? bytes.slice(0, -1) : bytes).split("\n");
  const out = lines.map((line) => formatLine(line, bang));
  if (!ended) out.push(`${bang}%`);
  return out;
}

function formatLine(line: string, bang: string): string {
  if (line === "") return `${bang}\\`;
  const text = Buffer.from(line, "latin1").toString("utf8");
  const same = Buffer.from(text, "utf8").toString("latin1") === line;
  // Editors strip blanks at the end of a line, so such a line is escaped too.
  if (same && !/[\x00-\x08\x0b-\x1f\x7f-\x9f]|\s$/.test(text)) return `${bang || " "} ${text}`;
  return `${bang}\\ ${escapeBytes(line)}`;
}

function escapeBytes(line: string): string {
  return line.replace(/[\x00-\x08\x0b-\x1f\x7f-\xff\\]|\s$/g, (byte) =>
    byte === "\\" ? "\\\\" : `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function unescapeBytes(text: string): string {
  return text.replace(/\\(\\|x([0-9a-f]{2}))/g, (_, all: string, hex: string) =>
    all === "\\" ? "\\" : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * Line continuations inside a token: bash takes `\<newline>` out before it looks for tokens, the parser
 * only between them. What stands in the middle of one is moved behind it, so that the text keeps its
 * length and its lines: `&\<newline>&` becomes `&&\<newline>`. Pure.
 */

/** What a token broken by a continuation looks like; most texts have none and are not scanned. */
const BROKEN = /[$&|;<>({#!\w)]\\\n[&|;<>({#!?$@*\w}-]|\)\\\n\)/u;

/** Longest first: a token is what joins up to one of these. */
const OPERATORS = "<<< <<- ;;& &>> && || ;; ;& |& << >> <& >& &> >| <> <( >( (( ))".split(" ");
const LONGEST_OPERATOR = 3;
const PARAMETER = /^\$(?:\{[#!]?(?:\w+|[?$!#@*-])?\}?|\(\(?|[A-Za-z_]\w*|[\d?$!#@*-])/u;
const LONGEST_NAME = 256;

export function joinContinuations(text: string): string {
  if (!BROKEN.test(text)) return text;
  return new Joiner(text).join();
}

class Joiner {
  readonly #text: string;
  readonly #parts: string[] = [];
  /** What the scan is inside of: quotes, parentheses, backquotes. */
  readonly #open: string[] = [];
  /** Here-documents whose bodies begin with the next line. */
  #documents: { delimiter: string; isIndented: boolean }[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  join(): string {
    while (this.#at < this.#text.length) this.#step();
    return this.#parts.join("");
  }

  #step(): void {
    const char = this.#text[this.#at] as string;
    const isQuoted = this.#open.at(-1) === '"';
    if (char === "\\") this.#take(2);
    else if (char === '"') this.#quote();
    else if (char === "$") this.#parameter();
    else if (isQuoted) this.#take(1);
    else if (char === "'") this.#takeThrough(this.#text.indexOf("'", this.#at + 1));
    else if (char === "#" && this.#beginsWord()) this.#takeLine();
    else if (char === "\n") this.#newline();
    else if ("&|;<>()".includes(char)) this.#operator();
    else this.#take(1);
  }

  #take(length: number): void {
    this.#parts.push(this.#text.slice(this.#at, this.#at + length));
    this.#at += length;
  }

  #takeThrough(index: number): void {
    this.#take((index < 0 ? this.#text.length : index + 1) - this.#at);
  }

  #takeLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#take((end < 0 ? this.#text.length : end) - this.#at);
  }

  #beginsWord(): boolean {
    return this.#at === 0 || /[\s;&|()]/u.test(this.#text[this.#at - 1] as string);
  }

  #quote(): void {
    if (this.#open.at(-1) === '"') this.#open.pop();
    else this.#open.push('"');
    this.#take(1);
  }

  #newline(): void {
    this.#take(1);
    const documents = this.#documents;
    this.#documents = [];
    for (const { delimiter, isIndented } of documents) {
      for (let ended = false; !ended && this.#at < this.#text.length; ) {
        const end = this.#text.indexOf("\n", this.#at);
        const line = this.#text.slice(this.#at, end < 0 ? undefined : end);
        ended = (isIndented ? line.replace(/^\t+/u, "") : line) === delimiter;
        this.#take(line.length + 1);
      }
    }
  }

  #parameter(): void {
    const isAnsi = this.#text[this.#at + 1] === "'" && this.#open.at(-1) !== '"';
    if (isAnsi) {
      const quoted = /^\$'(?:[^'\\]|\\[\s\S])*'?/u.exec(this.#text.slice(this.#at));
      this.#take(quoted?.[0].length ?? 1);
      return;
    }
    const token = PARAMETER.exec(this.#ahead(LONGEST_NAME))?.[0] ?? "$";
    if (token.startsWith("$(")) for (const paren of token.slice(1)) this.#open.push(paren);
    this.#emit(token);
  }

  #operator(): void {
    const ahead = this.#ahead(LONGEST_OPERATOR);
    let token = OPERATORS.find((operator) => ahead.startsWith(operator)) ?? (ahead[0] as string);
    if (token === "))" && this.#open.at(-2) !== "(") token = ")";
    for (const char of token) {
      if (char === "(") this.#open.push(char);
      else if (char === ")" && this.#open.at(-1) === "(") this.#open.pop();
    }
    this.#emit(token);
    if (token === "<<" || token === "<<-") this.#noteDocument(token === "<<-");
  }

  #noteDocument(isIndented: boolean): void {
    const rest = /^(?:[ \t]|\\\n)*((?:[^\s;&|<>()'"\\]|\\.|'[^']*'|"[^"]*")+)/u.exec(
      this.#text.slice(this.#at),
    );
    if (!rest) return;
    this.#take(rest[0].length);
    const delimiter = (rest[1] as string).replace(/\\(.)|['"]/gu, "$1");
    this.#documents.push({ delimiter, isIndented });
  }

  /** The next `length` characters without the continuations between them. */
  #ahead(length: number): string {
    let seen = "";
    for (let at = this.#at; seen.length < length && at < this.#text.length; ) {
      if (this.#text.startsWith("\\\n", at)) at += 2;
      else if (this.#text[at] === "\n") break;
      else seen += this.#text[at++];
    }
    return seen;
  }

  /** Puts `token` down whole, and behind it the continuations that stood in it. */
  #emit(token: string): void {
    let continuations = "";
    for (let taken = 0; taken < token.length; ) {
      if (this.#text.startsWith("\\\n", this.#at)) {
        continuations += "\\\n";
        this.#at += 2;
      } else {
        taken++;
        this.#at++;
      }
    }
    this.#parts.push(token, continuations);
  }
}

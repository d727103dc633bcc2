/**
 * Commands written out again from their syntax tree, laid out as bash lays them out: `declare -f`,
 * `type`, `set`, exported functions. Words stand as they were written.
 */
import type {
  ArithmeticFor,
  Case,
  CompoundList,
  Function as FunctionNode,
  HereDoc,
  If,
  Redirection,
  Statement,
  SyntaxNode,
  Word,
} from "unbash";
import { headerOf } from "./execute/for-header.ts";
import type { ShellFunction } from "./functions.ts";

const STEP = "    ";

/** `name () ` and the body, without a newline at its end. */
export function functionText({ name, body, source }: ShellFunction): string {
  return `${name} () \n${new Printer(source.text).functionBody(body)}`;
}

/** A command as `jobs` shows it: its lists on one line. `source` is the text that it stands in. */
export function commandText(node: SyntaxNode, source: string): string {
  return new Printer(source, "; ").command(node);
}

class Printer {
  readonly #source: string;
  /** What stands between the commands of a list; undefined: each has a line of its own. */
  readonly #separator: string | undefined;
  #indent = "";
  /** Here-documents of the line that is being written. */
  #documents: HereDoc[] = [];

  constructor(source: string, separator?: string) {
    this.#source = source;
    this.#separator = separator;
  }

  command(node: SyntaxNode): string {
    return this.#command(node) + this.#takeDocuments();
  }

  functionBody(body: SyntaxNode): string {
    const node = body.type === "Redirected" ? body.command : body;
    const redirects = body.type === "Redirected" ? this.#redirections(body.redirects) : "";
    if (node.type === "BraceGroup") return this.#group(node.body, redirects);
    const inner = this.#deeper(() => this.#indent + this.#command(node));
    return `${this.#indent}{ \n${inner}\n${this.#indent}}${redirects}`;
  }

  #group(list: CompoundList, redirects: string): string {
    const inner = this.#deeper(() => this.#indent + this.#list(list.commands));
    return `${this.#indent}{ \n${inner}${inner.endsWith("\n") ? "" : "\n"}${this.#indent}}${redirects}`;
  }

  #deeper<T>(act: () => T): T {
    const outer = this.#indent;
    this.#indent += STEP;
    const result = act();
    this.#indent = outer;
    return result;
  }

  /** Statements one below the other; what is put into the background keeps its successor beside it. */
  #list(statements: readonly Statement[]): string {
    let text = "";
    for (const [index, { command, background }] of statements.entries()) {
      text += this.#command(command);
      if (background) text += " &";
      text += this.#takeDocuments();
      if (index === statements.length - 1) break;
      if (background) text += " ";
      else if (this.#separator !== undefined) text += this.#separator;
      else text += text.endsWith("\n") ? `\n${this.#indent}` : `;\n${this.#indent}`;
    }
    return text;
  }

  /** A list where a keyword follows: it ends with a semicolon and stands on lines of its own. */
  #body(list: CompoundList): string {
    return this.#deeper(() => {
      const text = this.#list(list.commands);
      return `${this.#indent}${text}${/[&\n]$/u.test(text) ? "" : ";"}\n`;
    });
  }

  /** A condition: on the line of its keyword. */
  #condition(list: CompoundList): string {
    const text = this.#list(list.commands);
    return /[&\n]$/u.test(text) ? text : `${text};`;
  }

  #command(node: SyntaxNode): string {
    switch (node.type) {
      case "Command": {
        const parts = [...node.prefix, ...(node.name ? [node.name] : []), ...node.suffix];
        const words = parts.filter((part) => part.type === "Word" || part.type === "Assignment");
        const text = words.map((word) => word.text).join(" ");
        const redirects = this.#redirections(node.redirects);
        return text === "" ? redirects.trimStart() : text + redirects;
      }
      case "AndOr":
        return node.commands
          .map(
            (command, index) =>
              `${index === 0 ? "" : ` ${node.operators[index - 1]} `}${this.#command(command)}`,
          )
          .join("");
      case "Pipeline": {
        const prefix = node.prefixes.map((one) =>
          one.type === "Negation" ? "! " : one.posix ? "time -p " : "time ",
        );
        const commands = node.commands.map((command, index) => {
          const operator = node.operators[index];
          if (operator === undefined) return this.#command(command);
          return `${this.#command(command)}${operator === "|&" ? " 2>&1" : ""} | `;
        });
        return prefix.join("") + commands.join("");
      }
      case "Redirected":
        return this.#command(node.command) + this.#redirections(node.redirects);
      case "BraceGroup":
        return this.#group(node.body, "").trimStart();
      case "CompoundList":
        return this.#list(node.commands);
      case "Subshell":
        return `( ${this.#list(node.body.commands)} )`;
      case "If":
        return this.#if(node);
      case "While":
        return `${node.kind} ${this.#condition(node.clause)} do\n${this.#body(node.body)}${this.#indent}done`;
      case "For":
        return this.#for("for", node.name, node.wordlist, node.body);
      case "Select":
        return this.#for("select", node.name, node.wordlist, node.body);
      case "ArithmeticFor":
        return this.#arithmeticFor(node);
      case "Case":
        return this.#case(node);
      case "Function":
        return this.#function(node);
      case "Coproc": {
        const name = node.body.type === "Command" ? "" : `${node.name?.text ?? "COPROC"} `;
        return `coproc ${name}${this.#command(node.body)}`;
      }
      default:
        return this.#source.slice(node.pos, node.end);
    }
  }

  #if(node: If): string {
    const branches = [node, ...node.elif];
    const write = (index: number): string => {
      const branch = branches[index];
      if (branch === undefined) return "";
      const isLast = index === branches.length - 1;
      let text = `if ${this.#condition(branch.clause)} then\n${this.#body(branch.then)}`;
      if (!isLast) {
        const inner = this.#deeper(() => `${this.#indent}${write(index + 1)};\n`);
        text += `${this.#indent}else\n${inner}`;
      } else if (node.else) text += `${this.#indent}else\n${this.#body(node.else)}`;
      return `${text}${this.#indent}fi`;
    };
    return write(0);
  }

  #for(
    keyword: string,
    name: Word,
    words: readonly Word[] | undefined,
    body: CompoundList,
  ): string {
    const list = words === undefined ? ['"$@"'] : words.map((word) => word.text);
    const header = `${keyword} ${name.text} in ${list.join(" ")};`;
    return `${header}\n${this.#indent}do\n${this.#body(body)}${this.#indent}done`;
  }

  #arithmeticFor(node: ArithmeticFor): string {
    const [first, test, step] = headerOf(this.#source, node).map((part) => part.trim() || "1");
    const header = `for ((${first}; ${test}; ${step}))`;
    return `${header}\n${this.#indent}do\n${this.#body(node.body)}${this.#indent}done`;
  }

  #case(node: Case): string {
    const items = this.#deeper(() =>
      node.items.map((item) => {
        const patterns = item.pattern.map((word) => word.text).join(" | ");
        const { commands } = item.body;
        const body = this.#deeper(() =>
          commands.length === 0 ? "" : this.#indent + this.#list(commands),
        );
        return `${this.#indent}${patterns})\n${body}\n${this.#indent}${item.terminator ?? ";;"}\n`;
      }),
    );
    return `case ${node.word.text} in \n${items.join("")}${this.#indent}esac`;
  }

  #function(node: FunctionNode): string {
    return `function ${node.name.text} () \n${this.functionBody(node.body)}`;
  }

  /** Each with a blank before it. */
  #redirections(redirections: readonly Redirection[]): string {
    return redirections.map((one) => ` ${this.#redirection(one)}`).join("");
  }

  #redirection(node: Redirection): string {
    const { descriptor } = node;
    const fd = !descriptor
      ? ""
      : descriptor.type === "FileDescriptor"
        ? String(descriptor.value)
        : `{${descriptor.name}}`;
    if (node.type === "HereDoc") {
      this.#documents.push(node);
      return `${fd}${node.operator}${node.delimiter?.text ?? ""}`;
    }
    const target = node.target?.text ?? "";
    const isDuplicate = node.operator === "<&" || node.operator === ">&";
    return `${fd}${node.operator}${isDuplicate ? "" : " "}${target}`;
  }

  #takeDocuments(): string {
    const documents = this.#documents;
    this.#documents = [];
    return documents
      .map(({ body, delimiter }) => `\n${body.text}${delimiter?.value ?? ""}\n`)
      .join("");
  }
}

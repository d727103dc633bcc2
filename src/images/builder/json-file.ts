/**
 * A JSON file with comments, written by a person: every complaint names the file, the line and the
 * field, what stands there and what was expected.
 */
import jsonc, { type Node, type ParseError } from "jsonc-parser";
import { IsopodError } from "../../errors.ts";

/** Reads a document; its fields are then taken one by one. */
export function parseJsonFile(file: string, text: string): Field {
  const errors: ParseError[] = [];
  const root = jsonc.parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !root) {
    const what = first ? jsonc.printParseErrorCode(first.error) : "ValueExpected";
    const words = what.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    throw invalid(`${place(file, text, first?.offset ?? 0)}: ${words}`);
  }
  return new Field({ file, text }, "", root);
}

interface Source {
  readonly file: string;
  readonly text: string;
}

export class Field {
  readonly #source: Source;
  readonly #node: Node;
  /** Such as `layers[1].to`. */
  readonly name: string;

  constructor(source: Source, name: string, node: Node) {
    this.#source = source;
    this.name = name;
    this.#node = node;
  }

  get isText(): boolean {
    return this.#node.type === "string";
  }

  get isList(): boolean {
    return this.#node.type === "array";
  }

  get isNull(): boolean {
    return this.#node.type === "null";
  }

  /** Fails with what this field should be. */
  refuse(expected: string): never {
    const { file, text } = this.#source;
    const { offset, length } = this.#node;
    const given = text.slice(offset, offset + length).replace(/\s+/g, " ");
    const shown = given.length > 60 ? `${given.slice(0, 60)}...` : given;
    const name = this.name === "" ? "the file" : this.name;
    throw invalid(`${place(file, text, offset)}: ${name} must be ${expected}, but it is ${shown}`);
  }

  /** The members of an object, of which only `known` may be there. */
  members<T extends string>(known: readonly T[]): Partial<Record<T, Field>> {
    const members = this.record("an object") as Map<T, Field>;
    for (const [name, field] of members) {
      if (!known.includes(name)) field.#unknown(known);
    }
    return Object.fromEntries(members) as Partial<Record<T, Field>>;
  }

  /** An object whose names are free. */
  record(expected: string): Map<string, Field> {
    if (this.#node.type !== "object") this.refuse(expected);
    const record = new Map<string, Field>();
    for (const { children = [] } of this.#node.children ?? []) {
      const [key, value] = children;
      const name = key?.value as string;
      const path = this.name === "" ? name : `${this.name}.${name}`;
      if (value) record.set(name, new Field(this.#source, path, value));
    }
    return record;
  }

  list(expected: string): Field[] {
    if (!this.isList) this.refuse(expected);
    return (this.#node.children ?? []).map(
      (node, i) => new Field(this.#source, `${this.name}[${i}]`, node),
    );
  }

  text(expected = "a string"): string {
    if (!this.isText || this.#node.value.includes("\0")) this.refuse(expected);
    return this.#node.value;
  }

  texts(expected = "a list of strings"): string[] {
    return this.list(expected).map((field) => field.text());
  }

  flag(): boolean {
    if (this.#node.type !== "boolean") this.refuse("true or false");
    return this.#node.value;
  }

  /** The plain value, whatever it is. */
  get value(): unknown {
    return jsonc.getNodeValue(this.#node);
  }

  #unknown(known: readonly string[]): never {
    const { file, text } = this.#source;
    const last = this.name.split(".").at(-1) ?? "";
    const near = known.find((name) => name.toLowerCase() === last.toLowerCase());
    const advice = near ? `did you mean ${near}?` : `known here: ${known.join(", ")}`;
    const where = place(file, text, this.#node.parent?.offset ?? this.#node.offset);
    throw invalid(`${where}: there is no field ${this.name}; ${advice}`);
  }
}

function place(file: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function invalid(message: string): IsopodError {
  return new IsopodError("ERR_IMAGE_FILE", message);
}

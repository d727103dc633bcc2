/** One shell variable: a value and its attributes. */
import { AssociativeArray, IndexedArray } from "./arrays.ts";
import type { Shell } from "./state.ts";

/** Attributes as bits; the letter is that of `declare`. */
export const Attribute = {
  /** -x */
  EXPORT: 1,
  /** -r */
  READONLY: 2,
  /** -i */
  INTEGER: 4,
  /** -u */
  UPPER: 8,
  /** -l */
  LOWER: 16,
  /** -c */
  CAPITALIZE: 32,
  /** -n */
  NAMEREF: 64,
  /** -a */
  INDEXED: 128,
  /** -A */
  ASSOCIATIVE: 256,
  /** -t */
  TRACE: 512,
  /** A change of this variable means something to the shell. */
  WATCHED: 1024,
  /** Belongs to the command that it stands before. */
  TEMPORARY: 2048,
} as const;

export const ARRAY = Attribute.INDEXED | Attribute.ASSOCIATIVE;
/** Attributes that change a value as it is assigned. */
export const TRANSFORMING =
  Attribute.INTEGER | Attribute.UPPER | Attribute.LOWER | Attribute.CAPITALIZE;

export type Value = string | IndexedArray | AssociativeArray;

/** A variable whose value is made when it is read, such as RANDOM. */
export interface DynamicValue {
  read(shell: Shell): Value | undefined;
  /** What an assignment does; without it assignments are ignored. */
  write?(shell: Shell, text: string): void;
}

export class Variable {
  readonly name: string;
  attributes: number;
  /** Undefined: declared, but not set. */
  value: Value | undefined;
  readonly dynamic: DynamicValue | undefined;
  /** The scope that it is local to; 0 is global. */
  readonly scope: number;
  /** The table that may change it in place; another one must copy it first. */
  readonly owner: object;

  constructor(
    name: string,
    owner: object,
    scope: number,
    attributes = 0,
    value?: Value,
    dynamic?: DynamicValue,
  ) {
    this.name = name;
    this.owner = owner;
    this.scope = scope;
    this.attributes = attributes;
    this.value = value;
    this.dynamic = dynamic;
  }

  has(attributes: number): boolean {
    return (this.attributes & attributes) !== 0;
  }

  clone(owner: object): Variable {
    const { value } = this;
    const copy = typeof value === "object" ? value.clone() : value;
    return new Variable(this.name, owner, this.scope, this.attributes, copy, this.dynamic);
  }
}

/** What an element of an array takes besides its text. */
export const ELEMENT_SIZE = 16;

/** The characters of a value, about. */
export function sizeOf(value: Value | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return value.length;
  return value.textLength + ELEMENT_SIZE * value.size;
}

/** The array in `variable`, which becomes one; a text that it had is element 0. */
export function arrayOf(variable: Variable, kind: number): IndexedArray | AssociativeArray {
  if (typeof variable.value === "object") return variable.value;
  const text = variable.value;
  variable.attributes = (variable.attributes & ~ARRAY) | (variable.attributes & ARRAY || kind);
  const array = variable.has(Attribute.ASSOCIATIVE) ? new AssociativeArray() : new IndexedArray();
  variable.value = array;
  if (text !== undefined && array instanceof IndexedArray) array.set(0, text);
  else if (text !== undefined) (array as AssociativeArray).set("0", text);
  return array;
}

/** Numbers of bytes as GNU's tools write them: in blocks, or for people. */
import { Failure } from "../program.ts";

export interface Unit {
  /** Bytes; for people the base of the units. */
  readonly bytes: number;
  readonly forPeople: boolean;
  /** Behind each number. */
  readonly suffix: string;
}

const UNITS = "KMGTPEZY";
const SIZE = /^(\d*)([KMGTPEZY]?)(i?B)?$/i;

export const HUMAN: Unit = { bytes: 1024, forPeople: true, suffix: "" };
export const SI: Unit = { bytes: 1000, forPeople: true, suffix: "" };
export const blocksOf = (bytes: number): Unit => ({ bytes, forPeople: false, suffix: "" });

/** The SIZE of `-B SIZE`: `M` and `MB` are behind each number then, `1M` and `1MB` are not. */
export function parseUnit(text: string): Unit {
  if (text === "human-readable") return HUMAN;
  if (text === "si") return SI;
  const [, digits = "", letter = "", end = ""] = SIZE.exec(text) ?? [];
  const base = /^B$/i.test(end) && letter !== "" ? 1000 : 1024;
  const power = letter === "" ? 0 : UNITS.indexOf(letter.toUpperCase()) + 1;
  const bytes = Number(digits || 1) * base ** power;
  if (!SIZE.test(text) || text === "" || bytes === 0) {
    throw new Failure(`invalid --block-size argument '${text}'`);
  }
  return { bytes, forPeople: false, suffix: digits === "" ? text : "" };
}

/** Rounded up: what is said to be there, or taken, always is at most that. */
export function showSize(bytes: number, { bytes: unit, forPeople, suffix }: Unit): string {
  return forPeople ? forHuman(bytes, unit) : `${Math.ceil(bytes / unit)}${suffix}`;
}

/** What stands above a column of sizes: `1K-blocks`. */
export function unitName({ bytes, forPeople }: Unit): string {
  if (forPeople) return "Size";
  for (const [base, end] of [
    [1024, ""],
    [1000, "B"],
  ] as const) {
    for (let power = UNITS.length; power > 0; power--) {
      const count = bytes / base ** power;
      if (Number.isInteger(count)) return `${count}${letterOf(base, power)}${end}-blocks`;
    }
  }
  return `${bytes}B-blocks`;
}

/** `4.0K`, `17M`: one digit behind the point below ten. */
function forHuman(bytes: number, base: number): string {
  if (bytes < base) return `${bytes}`;
  let value = bytes;
  let power = 0;
  for (; value >= base && power < UNITS.length; power++) value /= base;
  const exact = value < 10 ? Math.ceil(value * 10) / 10 : Math.ceil(value);
  if (exact >= base) return `1.0${letterOf(base, power + 1)}`;
  return `${exact < 10 ? exact.toFixed(1) : exact}${letterOf(base, power)}`;
}

function letterOf(base: number, power: number): string {
  const letter = UNITS[power - 1] ?? "";
  return base === 1000 && letter === "K" ? "k" : letter;
}

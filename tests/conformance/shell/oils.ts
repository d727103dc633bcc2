/**
 * Reads the spec tests of Oils (spec/*.test.sh): which cases they hold for bash, and what each
 * asserts of it. The format: https://github.com/oils-for-unix/oils/wiki/Spec-Tests
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Case, Expected } from "./case.ts";

/** The cases of every file that compares shells with bash among them. */
export function loadOils(root: string): Case[] {
  const folder = join(root, "spec");
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.sh"));
  return files.sort().flatMap((name) => {
    const file = name.slice(0, -".test.sh".length);
    return casesOf(file, readFileSync(join(folder, name), "latin1"));
  });
}

function casesOf(file: string, text: string): Case[] {
  const { head, cases } = parse(text);
  const shells = (head.get("compare_shells") ?? "").split(" ");
  if (!shells.some((shell) => shell === "bash" || shell.startsWith("bash-"))) return [];
  const seen = new Map<string, number>();
  return cases.map(({ title, code, assertions }) => {
    const count = (seen.get(title) ?? 0) + 1;
    seen.set(title, count);
    return {
      id: `${file}: ${title}${count > 1 ? ` (${count})` : ""}`,
      file,
      argv: ["bash"],
      stdin: code,
      merged: false,
      files: {},
      directories: head.has("legacy_tmp_dir") ? ["_tmp"] : [],
      expected: expectedOf(assertions),
    };
  });
}

interface ParsedCase {
  readonly title: string;
  readonly code: string;
  /** By `key`, or `shell key` for what one shell answers differently. */
  readonly assertions: ReadonlyMap<string, string>;
}

const KEY_VALUE =
  /^##[ \t]+(?:(?:OK(?:-\d)?|BUG(?:-\d)?|N-I)[ \t]+([\w+/]+)[ \t]+)?([\w-]+):[ \t]*(.*)$/;
const END = /^##[ \t]+END/;

function parse(text: string): { head: Map<string, string>; cases: ParsedCase[] } {
  const head = new Map<string, string>();
  const cases: ParsedCase[] = [];
  let assertions = head;
  let code: string[] = [];
  let title: string | undefined;
  const finish = () => {
    if (title !== undefined) {
      cases.push({ title, code: assertions.get("code") ?? code.join(""), assertions });
    }
  };
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const pair = KEY_VALUE.exec(line);
    if (line.startsWith("####")) {
      finish();
      [title, code, assertions] = [line.slice(4).trim(), [], new Map()];
    } else if (pair) {
      const [, shells, key, value] = pair as unknown as [string, string?, string?, string?];
      let body = key === "stdout" || key === "stderr" ? `${value}\n` : value!;
      if (key === "STDOUT" || key === "STDERR") [body, at] = block(lines, at + 1);
      for (const shell of shells?.split("/") ?? [""]) {
        assertions.set(`${shell} ${key!.toLowerCase()}`.trim(), body);
      }
    } else if (isCode(line) && (code.length > 0 || line.trim() !== "")) {
      code.push(`${line}\n`);
    }
  }
  finish();
  return { head, cases };
}

/** The lines of a STDOUT or STDERR block, and the index of the last line that belongs to it. */
function block(lines: readonly string[], from: number): [string, number] {
  const body: string[] = [];
  let at = from;
  for (; at < lines.length; at++) {
    const line = lines[at]!;
    if (END.test(line)) return [body.join(""), at];
    if (line.startsWith("####") || KEY_VALUE.test(line)) break;
    if (isCode(line)) body.push(`${line}\n`);
  }
  return [body.join(""), at - 1];
}

/** Comments count nowhere, not even in a block: so has Oils' own runner it. */
function isCode(line: string): boolean {
  return !/^[ \t]*#/.test(line);
}

function expectedOf(assertions: ReadonlyMap<string, string>): Expected {
  const stdout = stringOf(assertions, "stdout");
  const stderr = stringOf(assertions, "stderr");
  return {
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    status: Number(assertions.get("bash status") ?? assertions.get("status") ?? "0"),
  };
}

function stringOf(assertions: ReadonlyMap<string, string>, key: string): string | undefined {
  for (const prefix of ["bash ", ""]) {
    const json = assertions.get(`${prefix}${key}-json`);
    if (json !== undefined) return fromJson(json);
    const plain = assertions.get(`${prefix}${key}`);
    if (plain !== undefined) return plain;
  }
  return undefined;
}

function fromJson(text: string): string {
  const value = JSON.parse(Buffer.from(text, "latin1").toString("utf8")) as string;
  return Buffer.from(value, "utf8").toString("latin1");
}

/**
 * Files of shell snippets with what bash 5.2 makes of them. Each block begins with `#### name`; behind
 * the snippet stand `#=> STATUS` and, after `#| `, the lines that it prints (both outputs together).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Snippet {
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
  readonly output: string;
}

export function parseSnippets(text: string): Snippet[] {
  const blocks = text.split(/^#### (.*)\n/mu).slice(1);
  const snippets: Snippet[] = [];
  for (let at = 0; at < blocks.length; at += 2) {
    const [code = "", rest] = (blocks[at + 1] ?? "").split(/^#=> /mu);
    const [status, ...printed] = (rest ?? "").trimEnd().split("\n");
    const output = printed.map((line) => line.replace(/^#\| ?/u, "")).join("\n");
    snippets.push({
      name: blocks[at] ?? "",
      code: code.trimEnd(),
      status: status === "" ? undefined : Number(status),
      output: decodeOutput(output),
    });
  }
  return snippets;
}

export function formatSnippets(snippets: readonly Snippet[]): string {
  return snippets
    .map(({ name, code, status, output }) => {
      const printed = encodeOutput(output).split("\n");
      return `#### ${name}\n${code}\n#=> ${status}\n${printed.map((line) => `#| ${line}\n`).join("")}`;
    })
    .join("\n");
}

/** What the host's own bash makes of a snippet, in an empty directory. */
export function runOnHost(code: string): { status: number | undefined; output: string } {
  const cwd = mkdtempSync(join(tmpdir(), "isopod-shell-"));
  try {
    const { status, signal, stdout } = spawnSync(
      "/bin/bash",
      ["-c", 'exec 2>&1; exec /bin/bash -c "$0"', code],
      {
        cwd,
        env: { PATH: "/usr/bin:/bin", HOME: "/home/user", LANG: "C.UTF-8" },
        input: "",
        timeout: 20_000,
      },
    );
    const signals: Record<string, number> = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 };
    const output = normalise(stdout.toString("utf8").replaceAll(cwd, "/tmp/work"));
    return { status: status ?? signals[signal ?? ""], output };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Process ids differ from run to run. */
export function normalise(output: string): string {
  const shown = output.replaceAll("/bin/bash:", "bash:");
  return shown.replace(/(?<=^|: |\n {5}) *[0-9]+ (?=[A-Z][a-z ]+ )/gu, " PID ").trimEnd();
}

function encodeOutput(text: string): string {
  return text.replace(
    /[^\n\x20-\x7e\u00a0-\ud7ff]|\\/gu,
    (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`,
  );
}

function decodeOutput(text: string): string {
  return text.replace(/\\u\{([0-9a-f]+)\}/gu, (_, code) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

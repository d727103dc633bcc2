/**
 * Scenarios: a few files, a command line, and what Node 22 on the host said to it. A scenario is an entry
 * of a transcript (tests/differential/transcript.ts) with the files before it:
 *
 *     = main.js      a file by this name
 *     | text         a line of it
 *
 * `host.ts` fills in what Node said; expected results come from nowhere else.
 */
import {
  type Case,
  formatTranscript,
  parseTranscript,
  type Result,
} from "../../../differential/transcript.ts";

/** Where the files lie and the command runs, on the host and in the machine. */
export const DIRECTORY = "/tmp/scenario";
/** Where packages are, for scenarios that have some. */
export const MODULES = `${DIRECTORY}/node_modules`;
export const ENVIRONMENT = { HOME: DIRECTORY, LANG: "C.UTF-8", TZ: "UTC" };

export interface Scenario {
  readonly entry: Case;
  readonly files: ReadonlyMap<string, string>;
}

export function parseScenarios(text: string): Scenario[] {
  return text
    .split(/\n(?=\n)/)
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const lines = block.replace(/^\n/, "").split("\n");
      const files = new Map<string, string>();
      let name = "";
      for (const line of lines) {
        if (line.startsWith("= ")) {
          name = line.slice(2);
          files.set(name, "");
        } else if (line.startsWith("|") && name !== "") {
          files.set(name, `${files.get(name)}${line.slice(2)}\n`);
        }
      }
      const rest = lines.filter((line) => !/^[=|]/.test(line)).join("\n");
      const [entry, ...more] = parseTranscript(rest);
      if (!entry || more.length > 0) throw new Error(`a scenario has one command: ${block}`);
      return { entry, files };
    });
}

export function formatScenarios(scenarios: readonly Scenario[]): string {
  return scenarios
    .map(({ entry, files }) => {
      const [comments, command] = [entry.leading, { ...entry, leading: [] }];
      const laid = [...files].flatMap(([name, text]) => [
        `= ${name}`,
        ...text
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => (line === "" ? "|" : `| ${line}`)),
      ]);
      return `${[...comments, ...laid].map((line) => `${line}\n`).join("")}${formatTranscript([command])}`;
    })
    .join("\n");
}

/**
 * What differs from run to run without meaning anything, and how V8 names the receiver of a call in a
 * stack trace: `Function._load` in Node 22's, `Module._load` in ours, which is newer.
 */
export function normalise({ stdout, stderr, status }: Result): Result {
  const text = (stream: string) =>
    stream
      .replace(/\((node):\d+\)/g, "($1:PID)")
      .replace(/(duration_ms:? )[\d.]+/g, "$1N")
      .replace(/^(ℹ duration_ms|.*\()[\d.]+(ms\))/gm, "$1N$2")
      .replace(FRAME, "$1$2");
  return { stdout: text(stdout), stderr: text(stderr), status };
}

/** `at async Receiver.name [as other] (place)`; the receiver is taken away. */
const FRAME = /^(\s*at (?:async )?)(?:[\w$]+\.)+(\.?[\w$<>#]+ (?:\[as \w+\] )?\()/gm;

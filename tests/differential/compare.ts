/**
 * One test for each line of a transcript: the VM must say what the host said. With
 * ISOPOD_DIFFERENTIAL=live (`npm run -s differential:live`; Linux, root) the host is asked anew
 * instead of the record.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Vm } from "../../src/index.ts";
import { EXCEPTIONS, type Exception } from "./exceptions.ts";
import { HostMachine } from "./host.ts";
import { normalise } from "./normalise.ts";
import { type Case, formatResult, parseTranscript, type Result } from "./transcript.ts";
import { runInVm } from "./vm.ts";

const LIVE = process.env["ISOPOD_DIFFERENTIAL"] === "live";

/** `create` makes the VM; default: as `createVm` does. `every`: one line of so many is run. */
export function compareTranscript(group: string, create?: () => Promise<Vm>, every = 1): void {
  const path = join(import.meta.dirname, "lines", `${group}.transcript`);
  const cases = parseTranscript(readFileSync(path, "utf8")).filter((_, i) => i % every === 0);
  const host = LIVE ? new HostMachine() : undefined;
  describe(`${group}: as the host`, () => {
    test.concurrent.each(cases.map((entry) => [entry.command, entry] as const))(
      "%s",
      async (command, entry) => {
        const expected = host?.run(command) ?? entry.expected;
        agree(entry, await runInVm(command, create), expected);
      },
    );
  });
}

function agree({ command, normalise: names }: Case, got: Result, expected: Result): void {
  const [left, right] = [normalise(got, names), normalise(expected, names)];
  const exception = EXCEPTIONS.find((entry) => entry.command === command);
  if (exception === undefined) {
    expect(formatResult(left)).toEqual(formatResult(right));
    return;
  }
  expect(formatResult(without(left, exception))).toEqual(formatResult(without(right, exception)));
  for (const part of exception.differs) {
    expect(left[part], `stale exception: ${part} agrees now; take it from exceptions.ts`).not.toBe(
      right[part],
    );
  }
}

function without(result: Result, { differs }: Exception): Result {
  return {
    stdout: differs.includes("stdout") ? "" : result.stdout,
    stderr: differs.includes("stderr") ? "" : result.stderr,
    status: differs.includes("status") ? 0 : result.status,
  };
}

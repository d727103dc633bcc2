/** The programs of the wasi-testsuite in a tab and at the edge, each in a root directory of its own. */
import { dirname } from "node:path/posix";
import { afterAll, beforeAll, describe, test } from "vitest";
import {
  judge,
  loadProgram,
  problemOf,
  programNames,
  ROOT,
  SUITES,
  type SuiteProgram,
} from "../conformance/wasi/suite.ts";
import { type HostName, openHost, type TestHost } from "../support/hosts/host.ts";

const OTHERS: readonly HostName[] = ["tab", "edge"];
const PLACE = "/tmp/root";

describe.skipIf(ROOT === undefined).each(OTHERS)("wasi-testsuite in %s", (name) => {
  let host: TestHost | undefined;

  beforeAll(async () => {
    host = await openHost(name);
  });

  afterAll(() => host?.[Symbol.asyncDispose]());

  describe.each(SUITES)("%s", (suite) => {
    test.each(programNames(suite))("%s", async (name) => {
      judge(suite, name, await runProgram(host as TestHost, loadProgram(suite, name)));
    });
  });
});

async function runProgram(host: TestHost, program: SuiteProgram): Promise<string | undefined> {
  await using vm = await host.createVm({ user: "root" });
  const files = new Map([...program.files, [`.program/${program.name}`, program.wasm]]);
  for (const [path, bytes] of files) {
    await vm.fs.mkdir(`${PLACE}/${dirname(path)}`, { recursive: true });
    await vm.fs.writeFile(`${PLACE}/${path}`, bytes, { mode: 0o755 });
  }
  const env = Object.entries(program.env).map(([name, value]) => `${name}=${value}`);
  const command = ["/usr/sbin/chroot", PLACE, `/.program/${program.name}`, ...program.args];
  const words = ["env", "-i", ...env, ...command].map(quoted);
  const result = await vm.exec(words.join(" "), { cwd: "/" });
  return problemOf(program, result);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

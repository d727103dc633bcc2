/** The lines at which machines of this kind are known to hang or to lie, each a test by its own name. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

const BIG = 20_000_000;

interface Expected {
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly exitCode?: number;
}

const LINES: Readonly<Record<string, Expected>> = {
  "yes | head -n 1": { stdout: "y\n" },
  "yes | head -n 1; echo ${PIPESTATUS[0]}": { stdout: "y\n141\n" },
  "seq 1 100000 | wc -c": { stdout: "588895\n" },
  "cat BIG | wc -c": { stdout: `${BIG}\n` },
  "cat BIG | cat | cat | tail -c 3": { stdout: "xxx" },
  "sleep 1 & wait": { stdout: "" },
  "sleep 0.1 & p=$!; wait $p; echo $?": { stdout: "0\n" },
  "timeout 1 sleep 10; echo $?": { stdout: "124\n" },
  "sh -c 'sh -c \"echo nested\"'": { stdout: "nested\n" },
  'sh -c \'sh -c "sh -c \\"sh -c \\\\\\"echo deep\\\\\\"\\""\'': { stdout: "deep\n" },
  "trap 'echo got' TERM; kill -TERM $$; echo end": { stdout: "got\nend\n" },
  "set -o pipefail; false | true; echo $?": { stdout: "1\n" },
  "diff <(echo a) <(echo b)": { stdout: "1c1\n< a\n---\n> b\n", exitCode: 1 },
  "no-such-command": {
    stderr: /^bash: (line 1: )?no-such-command: command not found\n$/,
    exitCode: 127,
  },
  "./no-such-file": {
    stderr: /^bash: (line 1: )?\.\/no-such-file: No such file or directory\n$/,
    exitCode: 127,
  },
  "echo one\necho two\nif true; then\necho three\n": {
    stdout: "one\ntwo\n",
    stderr: /^bash: (-c: )?line [45]: syntax error: unexpected end of file/,
    exitCode: 2,
  },
  "echo one\necho two; done\necho three": {
    stdout: "one\n",
    stderr: /^bash: (-c: )?line 2: syntax error near unexpected token `done'/,
    exitCode: 2,
  },
};

describe("lines known to hang or to lie", () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await createVm();
    await vm.fs.writeFile("/home/user/BIG", "x".repeat(BIG));
  });
  afterAll(() => vm.dispose());

  test.each(Object.entries(LINES))("%s", async (line, expected) => {
    const result = await vm.exec(line, { timeout: 100_000 });
    matches(result.stderr, expected.stderr ?? "");
    matches(result.stdout, expected.stdout ?? "");
    expect(result.exitCode).toBe(expected.exitCode ?? 0);
  });

  test("find / -type f | xargs wc -l", async () => {
    const { stdout } = await vm.exec("find / -type f 2>/dev/null | xargs wc -l 2>/dev/null");
    expect(stdout).toMatch(/^ *\d+ total\n$/m);
    expect(stdout).toContain("/etc/passwd\n");
    expect(stdout.split("\n").length).toBeGreaterThan(150);
  });

  test("find / -type f ends, /proc and all", async () => {
    const { stdout, signal } = await vm.exec("find / -type f 2>/dev/null | wc -l");
    expect(signal).toBeUndefined();
    expect(Number(stdout)).toBeGreaterThan(150);
  });
});

function matches(text: string, expected: string | RegExp): void {
  if (typeof expected === "string") expect(text).toBe(expected);
  else expect(text).toMatch(expected);
}

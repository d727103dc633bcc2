/**
 * Text of a guest's on its way to a person's terminal by words of ours: refusals, faults, traces, errors.
 * What a program prints is its own and passes as it is; what we say of it moves no cursor and asks nothing.
 */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createVm } from "../../src/index.ts";

const run = promisify(execFile);
const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
/** Sets the title, writes the clipboard, asks for an answer, clears the screen: in 7 and in 8 bits. */
const SEQUENCES = [
  "\u001b]0;pwned\u0007",
  "\u001b]52;c;cHduZWQ=\u0007",
  "\u001b[c",
  "\u001b[2J",
  "\u009b6n",
  "\u0090q\u009c",
];
const ACTS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const quoted = (text: string) =>
  `$'${[...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}'`;

async function isopod(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [MAIN, ...args]).catch((error) => error);
}

test("a program's own output passes as it is", async () => {
  const { stdout } = await isopod("run", "-c", "printf '\\033[1mbold'");
  expect(stdout).toBe("\u001b[1mbold");
});

test("system calls that are told have their arguments quoted", async () => {
  const line = SEQUENCES.map((text) => `: > ${quoted(`/tmp/x${text}`)}`).join("; ");
  const { stderr } = await isopod("run", "--strace", "-c", line);
  expect(stderr).toContain("pwned");
  expect(stderr).not.toMatch(ACTS);
});

test("refusals and events say names without what they would do", async () => {
  await using vm = await createVm({ permissions: { fs: [{ path: "/tmp/**", access: "read" }] } });
  const heard: string[] = [];
  await vm.audit(({ reason, asker }) => heard.push(`${asker.command}: ${reason}`));
  for (const text of SEQUENCES) {
    const { refusals } = await vm.exec(
      `: > ${quoted(`/tmp/${text}`)}; exec -a ${quoted(text)} touch /tmp/x`,
    );
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).not.toMatch(ACTS);
  }
  await vm.audit(undefined);
  expect(heard.length).toBeGreaterThan(0);
  const { stdout } = await vm.exec("cat /proc/refusals");
  expect(stdout).not.toMatch(ACTS);
});

test("ls on a terminal shows names without what they would do", async () => {
  await using vm = await createVm();
  for (const [i, text] of SEQUENCES.entries()) await vm.fs.writeFile(`/tmp/f${i}${text}`, "");
  const terminal = await vm.openTerminal({ cols: 200, rows: 50 });
  let shown = "";
  terminal.onData((data) => {
    shown += new TextDecoder().decode(data);
  });
  await terminal.write("PS1=; ls /tmp; echo done-$((1+1))\r");
  await expect.poll(() => shown).toContain("done-2");
  expect(shown).not.toContain("]0;pwned\u0007");
  expect(shown).not.toContain("\u001b[2J");
  await terminal[Symbol.asyncDispose]();
});

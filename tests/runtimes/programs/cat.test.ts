/** cat, as GNU's prints (coreutils 9.1), and on what is no regular file. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm({ kernel: "in-thread" });
  await vm.fs.writeFile("f", Buffer.from("a\tb\r\n\n\nx\x01\x7f\xe9y\nlast\r", "latin1"));
});
afterAll(() => vm.dispose());

const cat = async (options: string) =>
  (await vm.exec(`cat ${options} f`, { encoding: "latin1" })).stdout;

test.each([
  ["-n", "     1\ta\tb\r\n     2\t\n     3\t\n     4\tx\x01\x7f\xe9y\n     5\tlast\r"],
  ["-b", "     1\ta\tb\r\n\n\n     2\tx\x01\x7f\xe9y\n     3\tlast\r"],
  ["-s", "a\tb\r\n\nx\x01\x7f\xe9y\nlast\r"],
  ["-E", "a\tb^M$\n$\n$\nx\x01\x7f\xe9y$\nlast\r"],
  ["-A", "a^Ib^M$\n$\n$\nx^A^?M-iy$\nlast^M"],
  ["--squeeze-blank --number", "     1\ta\tb\r\n     2\t\n     3\tx\x01\x7f\xe9y\n     4\tlast\r"],
])("cat %s", async (options, printed) => {
  expect(await cat(options)).toBe(printed);
});

test.each([
  ["cat <(echo one)", "one\n"],
  ["mkfifo pipe; echo hi > pipe & cat pipe", "hi\n"],
  ["cat /dev/null; echo $?", "0\n"],
  ["cat /dev/zero | head -c 1000 | wc -c", "1000\n"],
  ["printf b | cat <(printf a) - <(printf c)", "abc"],
])("%s", async (command, printed) => {
  expect((await vm.exec(command)).stdout).toBe(printed);
});

test.each([
  ["cat nothing; echo $?", "1\n", "cat: nothing: No such file or directory\n"],
  ["cat -z", "", "cat: invalid option -- 'z'\n"],
  ["echo x > own; cat own >> own", "", "cat: own: input file is output file\n"],
  ["cat f > /dev/full", "", "cat: write error: No space left on device\n"],
])("%s fails", async (command, stdout, stderr) => {
  expect(await vm.exec(command)).toMatchObject({ stdout, stderr });
});

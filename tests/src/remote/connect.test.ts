/** `connect(url)`: the API of a machine, over a socket. */
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memory, memoryStore, type VmOptions } from "../../../src/index.ts";
import { startServer, type TestServer } from "./server.ts";

let remote: TestServer;
beforeAll(async () => {
  remote = await startServer();
});
afterAll(() => remote[Symbol.asyncDispose]());

test("exec, spawn, files and a terminal work as they do in this process", async () => {
  await using vm = await remote.host.createVm({ env: { FROM: "here" } });
  const result = await vm.exec("echo $FROM; echo err >&2; exit 3");
  expect(result).toMatchObject({ stdout: "here\n", stderr: "err\n", exitCode: 3 });

  const sort = await vm.spawn(["sort", "-n"]);
  const input = sort.stdin.getWriter();
  await input.write("10\n9\n");
  await input.close();
  expect(await text(sort.stdout as never)).toBe("9\n10\n");
  expect(await sort.exit).toEqual({ exitCode: 0, signal: undefined });

  await vm.fs.writeFile("/tmp/bytes", Uint8Array.from([0, 255, 128]));
  expect([...(await vm.fs.readFile("/tmp/bytes"))]).toEqual([0, 255, 128]);
  const { mtimeNs } = await vm.fs.stat("/tmp/bytes", { bigint: true });
  expect(typeof mtimeNs).toBe("bigint");
  await expect(vm.fs.readFile("/none")).rejects.toMatchObject({
    code: "ENOENT",
    message: "ENOENT: no such file or directory, open '/none'",
  });

  const terminal = await vm.openTerminal({ argv: ["bash", "--norc"], env: { PS1: "$ " } });
  await terminal.write("echo $((6 * 7)); exit 4\n");
  expect(await text(terminal.output as never)).toMatch(/\D42\r\n/);
  expect((await terminal.exit).exitCode).toBe(4);
});

test.each<VmOptions>([
  { mounts: { "/data": memory() } },
  { store: memoryStore("own") },
  { commit: "manual" },
  { kernel: "in-thread" },
])("createVm refuses an option that the server decides: %o", async (options) => {
  const [name] = Object.keys(options);
  const message = expect.stringMatching(new RegExp(`^createVm: ${name}: .* Leave it out, and .+`));
  const refused = { code: "ERR_NOT_ON_THIS_HOST", message };
  await expect(remote.host.createVm(options)).rejects.toMatchObject(refused);
  await using vm = await remote.host.createVm({ [name as string]: undefined });
  await vm.mount("/data", memory());
  expect((await vm.exec("ls -d /data")).stdout).toBe("/data\n");
});

/** Redirections from and to /dev/tcp and /dev/udp (bash(1), REDIRECTION). */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AF_INET,
  decodeUtf8,
  type Kernel,
  SOCK_DGRAM,
  SOCK_STREAM,
} from "../../../../kernel/index.ts";
import { now } from "../../../kernel/boot.ts";
import { inet } from "../../../kernel/net/sockets.ts";
import { bootShell, runProgram, writeFile } from "../machine.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootShell();
  writeFile(kernel, "/etc/hosts", "127.0.0.1 localhost here # a comment\n");
});
afterEach(() => kernel.shutdown());

const bash = (line: string) => runProgram(kernel, ["/bin/bash", "-c", line]);

/** A socket of the host's on a port of its own. */
function bound(type: number): { fd: number; port: number } {
  const { init } = kernel;
  const fd = now(init.socket(AF_INET, type, 0));
  now(init.bind(fd, inet(0)));
  return { fd, port: now(init.getsockname(fd)).port };
}

test.each(["127.0.0.1", "localhost", "here"])("a connection to %s goes both ways", async (host) => {
  const { init } = kernel;
  const { fd: listener, port } = bound(SOCK_STREAM);
  now(init.listen(listener, 1));
  const served = (async () => {
    const { fd } = await init.accept4(listener, 0);
    const { data } = await init.recvmsg(fd, 100, 0);
    await init.sendmsg(fd, data, 0, undefined, []);
    now(init.close(fd));
    return decodeUtf8(data);
  })();
  const line = `exec 3<>/dev/tcp/${host}/${port}; echo hi >&3; read -r -u 3 answer; echo "<$answer>"`;
  expect(await bash(line)).toEqual({ stdout: "<hi>\n", stderr: "", status: 0 });
  expect(await served).toBe("hi\n");
});

test("a line to /dev/udp is a datagram", async () => {
  const { fd, port } = bound(SOCK_DGRAM);
  expect((await bash(`echo hi >/dev/udp/127.0.0.1/${port}`)).status).toBe(0);
  expect(decodeUtf8(now(kernel.init.recvmsg(fd, 100, 0)).data)).toBe("hi\n");
});

test.each([
  ["/dev/tcp/127.0.0.1/9", "/dev/tcp/127.0.0.1/9: Connection refused"],
  ["/dev/tcp/10.0.0.1/9", "/dev/tcp/10.0.0.1/9: Network is unreachable"],
  ["/dev/tcp/nowhere/9", "nowhere: Name or service not known"],
  ["/dev/tcp/localhost/99999", "99999: Servname not supported for ai_socktype"],
  ["/dev/tcp/localhost/http", "http: Servname not supported for ai_socktype"],
])("%s is refused", async (path, message) => {
  const { stderr, status } = await bash(`: <${path}`);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});

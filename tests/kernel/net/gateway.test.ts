/** What connections to the outside may take of a machine. The name server is an outside without a network. */
import { afterEach, expect, test } from "vitest";
import {
  AF_INET,
  AF_UNSPEC,
  type Kernel,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../../kernel/index.ts";
import { WAY_MAX } from "../../../kernel/limits.ts";
import { at, connect, connectedKernel, ListPolicy } from "../../src/gateway/machine.ts";
import { codeOf, turns } from "../boot.ts";

let kernel: Kernel | undefined;
afterEach(() => kernel?.shutdown());

const SERVER = [198, 18, 0, 2];

function boot() {
  kernel = connectedKernel({ policy: new ListPolicy() }).kernel;
  return kernel;
}

test("their number is bounded, and each one that ends makes room", async () => {
  const { init } = boot();
  const open: number[] = [];
  for (let i = 0; i < WAY_MAX; i++) open.push(await connect(init, 53, SERVER));
  expect(await codeOf(() => connect(init, 53, SERVER))).toBe("ENFILE");
  // A failed attempt costs nothing.
  for (let i = 0; i < 3; i++) {
    expect(await codeOf(() => connect(init, 80, [93, 184, 215, 14]))).toBe("ENFILE");
  }
  for (const fd of open.splice(0, 3)) await init.close(fd);
  await turns();
  for (let i = 0; i < 3; i++) open.push(await connect(init, 53, SERVER));
  expect(await codeOf(() => connect(init, 53, SERVER))).toBe("ENFILE");
  for (let i = 0; i < 5; i++) {
    expect(await codeOf(() => connect(init, 80, [93, 184, 215, 14]))).toBe("ENFILE");
  }
});

test("pid 1's descriptors are let go of with the guest's", async () => {
  const { init, processes } = boot();
  const count = () => processes.get(1)?.fds.numbers().length;
  const before = count();
  for (let i = 0; i < 20; i++) await init.close(await connect(init, 53, SERVER));
  const reset = await connect(init, 53, SERVER);
  await init.setsockopt(reset, SOL_SOCKET, SO_LINGER, 0);
  await init.close(reset);
  await turns();
  expect(count()).toBe(before);
});

test("a socket can be disconnected, and connected once more", async () => {
  const { init } = boot();
  const fd = await init.socket(AF_INET, SOCK_STREAM, 0);
  await init.connect(fd, at(53, SERVER));
  expect(await init.getpeername(fd)).toEqual(at(53, SERVER));
  expect((await init.getsockname(fd)).address).toEqual(Uint8Array.of(198, 18, 0, 1));
  expect(await codeOf(() => init.connect(fd, at(53, SERVER)))).toBe("EISCONN");
  await init.connect(fd, { ...at(0, []), family: AF_UNSPEC });
  expect(await codeOf(() => init.getpeername(fd))).toBe("ENOTCONN");
  await init.connect(fd, at(53, SERVER));
  expect(await init.getpeername(fd)).toEqual(at(53, SERVER));
});

test("what is bound to the loopback does not leave", async () => {
  const { init } = boot();
  const fd = await init.socket(AF_INET, SOCK_STREAM, 0);
  await init.bind(fd, at(0, [127, 0, 0, 1]));
  expect(await codeOf(() => init.connect(fd, at(53, SERVER)))).toBe("EINVAL");
});

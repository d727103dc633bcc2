/** UDP through the gateway, between a guest's socket and sockets of this process. */
import { createSocket, type RemoteInfo } from "node:dgram";
import { afterEach, expect, test } from "vitest";
import {
  AF_INET,
  decodeUtf8,
  encodeUtf8,
  type Kernel,
  MSG_DONTWAIT,
  type Policy,
  SOCK_DGRAM,
} from "../../../kernel/index.ts";
import { codeOf, turns } from "../../kernel/boot.ts";
import { at, connectedKernel, ListPolicy } from "./machine.ts";

let kernel: Kernel | undefined;
afterEach(() => {
  kernel?.shutdown();
  kernel = undefined;
});

type Send = (text: string, port: number) => void;

async function peer(onMessage: (text: string, from: RemoteInfo, answer: Send) => void) {
  const socket = createSocket("udp4");
  const send: Send = (text, port) => socket.send(text, port, "127.0.0.1");
  socket.on("message", (bytes, from) => onMessage(String(bytes), from, send));
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  return {
    port: socket.address().port,
    send,
    [Symbol.dispose]: () => void socket.close(),
  };
}

function boot(policy: Policy) {
  const made = connectedKernel({ policy, hosts: { "peer.test": "127.0.0.1" } });
  kernel = made.kernel;
  return made.kernel.init;
}

test("answers come from the address that the guest knows", async () => {
  using echo = await peer((text, { port }, send) => send(`echo ${text}`, port));
  const sys = boot(new ListPolicy("peer.test", `peer.test:${echo.port}`));
  const [address] = await sys.getaddrinfo("peer.test", AF_INET);
  const to = at(echo.port, [...(address as Uint8Array)]);
  const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
  for (const text of ["one", "two"]) {
    await sys.sendmsg(fd, encodeUtf8(text), 0, to, []);
    const received = await sys.recvmsg(fd, 100, 0);
    expect(decodeUtf8(received.data)).toBe(`echo ${text}`);
    expect(received.address).toEqual(to);
  }
  const connected = await sys.socket(AF_INET, SOCK_DGRAM, 0);
  await sys.connect(connected, to);
  await sys.write(connected, encodeUtf8("three"));
  expect(decodeUtf8((await sys.recvmsg(connected, 100, 0)).data)).toBe("echo three");
});

test("is refused at once, and heard from nobody whom nothing was sent", async () => {
  const strangers: number[] = [];
  using stranger = await peer(() => {});
  using echo = await peer((_text, { port }, send) => {
    strangers.push(port);
    stranger.send("let me in", port);
    send("mine", port);
  });
  const sys = boot(new ListPolicy("peer.test", `peer.test:${echo.port}`));
  const [address] = await sys.getaddrinfo("peer.test", AF_INET);
  const host = [...(address as Uint8Array)];
  const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
  const send = (port: number, to = host) => sys.sendmsg(fd, encodeUtf8("?"), 0, at(port, to), []);
  expect(await codeOf(() => send(stranger.port))).toBe("EACCES");
  expect(await codeOf(() => send(53, [8, 8, 8, 8]))).toBe("EACCES");
  await send(echo.port);
  expect(decodeUtf8((await sys.recvmsg(fd, 100, 0)).data)).toBe("mine");
  await turns();
  expect(await codeOf(() => sys.recvmsg(fd, 100, MSG_DONTWAIT))).toBe("EAGAIN");
  expect(strangers.length).toBe(1);
});

test("a socket of the host's lasts as long as the guest's", async () => {
  const ports: number[] = [];
  using echo = await peer((_text, { port }, send) => {
    ports.push(port);
    send("!", port);
  });
  const sys = boot(new ListPolicy("peer.test", `peer.test:${echo.port}`));
  const [address] = await sys.getaddrinfo("peer.test", AF_INET);
  const to = at(echo.port, [...(address as Uint8Array)]);
  for (let i = 0; i < 300; i++) {
    const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
    await sys.sendmsg(fd, encodeUtf8("?"), 0, to, []);
    await sys.recvmsg(fd, 100, 0);
    await sys.close(fd);
  }
  expect(ports.length).toBe(300);
});

test("datagrams wait for a decision, and are not sent without it", async () => {
  const heard: string[] = [];
  using echo = await peer((text) => heard.push(text));
  const list = new ListPolicy("peer.test", `peer.test:${echo.port}`);
  const answers: ((allowed: boolean) => void)[] = [];
  const sys = boot({
    decide: (crossing) =>
      crossing.kind === "connect"
        ? new Promise((resolve) => {
            answers.push((allowed) => resolve({ allowed, reason: "somebody" }));
          })
        : list.decide(crossing),
  });
  const [address] = await sys.getaddrinfo("peer.test", AF_INET);
  const to = at(echo.port, [...(address as Uint8Array)]);
  const send = async (text: string) => {
    const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
    return sys.sendmsg(fd, encodeUtf8(text), 0, to, []);
  };
  const denied = codeOf(() => send("denied"));
  await turns();
  answers[0]?.(false);
  expect(await denied).toBe("EACCES");
  const allowed = send("allowed");
  await turns();
  answers[1]?.(true);
  expect(await allowed).toBe(7);
  while (heard.length === 0) await turns(1);
  expect(heard).toEqual(["allowed"]);
});

/** A connection on which nothing is heard any more: no event tells of it, so the clock must. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClientSession } from "../../../src/remote/client/session.ts";
import type { ChannelEvents, Transport } from "../../../src/remote/client/transport.ts";
import { CLOSE_SILENT, PING, PONG } from "../../../src/remote/protocol.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Opened {
  readonly path: string;
  readonly events: ChannelEvents;
  readonly sent: (string | Uint8Array)[];
  closed: number | undefined;
}

/** A network of which the test is the other side. */
function network() {
  const opened: Opened[] = [];
  const transport: Transport = {
    address: "nowhere",
    fetch: () => Promise.reject(new Error("no requests here")),
    withToken: () => transport,
    open(path, events) {
      const channel: Opened = { path, events, sent: [], closed: undefined };
      opened.push(channel);
      return {
        send: (data) => channel.sent.push(data),
        close: (code) => {
          channel.closed = code;
        },
      };
    },
  };
  return { transport, opened };
}

const hello = (resumed: boolean) =>
  JSON.stringify({ isopod: 1, session: "key", resumed, received: 0 });

test("a server that answers pings is kept; one that falls silent is left for a new connection", async () => {
  const { transport, opened } = network();
  const session = new ClientSession(transport, "/vms/x/rpc", () => {});
  const connected = session.connect();
  opened[0]?.events.message(hello(false));
  await connected;
  for (let round = 0; round < 5; round++) {
    await vi.advanceTimersByTimeAsync(20_000);
    expect(opened[0]?.sent.filter((data) => data === PING)).toHaveLength(round + 1);
    opened[0]?.events.message(PONG);
  }
  expect(opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(opened[0]?.closed).toBe(CLOSE_SILENT);
  expect(opened[1]?.path).toBe("/vms/x/rpc?session=key&received=0");
});

test("nobody answers for half a minute: what waits fails, and the next request begins anew", async () => {
  const { transport, opened } = network();
  const session = new ClientSession(transport, "/vms/x/rpc", () => {});
  const connected = session.connect();
  opened[0]?.events.message(hello(false));
  await connected;
  const waiting = session.request(["trace", true]);
  const failed = expect(waiting).rejects.toMatchObject({ code: "ERR_CONNECTION_LOST" });
  opened[0]?.events.closed(1006, "");
  for (let i = 1; i < 40; i++) {
    await vi.advanceTimersByTimeAsync(8_000);
    opened[i]?.events.closed(1006, "");
  }
  await failed;
  const tries = opened.length;
  expect(tries).toBeGreaterThan(3);
  void session.request(["trace", true]).catch(() => {});
  expect(opened).toHaveLength(tries + 1);
  expect(opened.at(-1)?.path).toBe("/vms/x/rpc");
});

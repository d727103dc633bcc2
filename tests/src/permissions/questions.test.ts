/** Who is asked about connections and requests, and how often. */
import { expect, test } from "vitest";
import type { Crossing, Verdict } from "../../../kernel/policy.ts";
import { normalizePermissions, type Permissions } from "../../../src/options/permissions.ts";
import { Guard } from "../../../src/permissions/guard.ts";
import { SessionMemory } from "../../../src/permissions/questions.ts";

const CONNECT: Crossing = {
  kind: "connect",
  protocol: "tcp",
  host: "api.example.com",
  port: 443,
  inspected: true,
};
const REQUEST: Crossing = {
  kind: "request",
  protocol: "https",
  host: "API.example.com",
  port: 443,
  method: "GET",
  path: "/",
};
const RAW: Crossing = { kind: "connect", protocol: "tcp", host: "api.example.com", port: 443 };

function asking(network: NonNullable<Permissions["network"]>, allow = true) {
  const asked: string[] = [];
  const { set } = normalizePermissions("test", { network, ask: () => "allow" });
  const embedder = {
    decide: async ({ crossing }: { crossing: Crossing }) => {
      asked.push(crossing.kind);
      return { allow, remember: "once" };
    },
  };
  const guard = new Guard({
    sets: [set],
    embedder: embedder as never,
    memory: new SessionMemory(),
    now: () => 0,
  });
  const decide = async (crossing: Crossing, pid = 7): Promise<boolean> =>
    ((await guard.policy.decide(crossing, { pid, command: "curl" })) as Verdict).allowed;
  return { asked, decide };
}

test("a rule that asks about a host asks once for a connection and all that is said on it", async () => {
  const { asked, decide } = asking([{ ask: "api.example.com" }]);
  expect(await decide({ kind: "resolve", host: "api.example.com" })).toBe(true);
  expect(asked).toEqual([]);
  expect(await decide(CONNECT)).toBe(true);
  expect(await decide({ ...RAW, address: "93.184.216.34" })).toBe(true);
  expect(await decide(REQUEST)).toBe(true);
  expect(await decide(RAW)).toBe(true);
  expect(asked).toEqual(["connect"]);
  await decide(REQUEST, 8);
  await decide({ ...REQUEST, port: 8443 });
  await decide(CONNECT);
  expect(asked).toEqual(["connect", "request", "request", "connect"]);
});

test("what was denied covers nothing", async () => {
  const { asked, decide } = asking([{ ask: "api.example.com" }], false);
  expect(await decide(CONNECT)).toBe(false);
  expect(await decide(REQUEST)).toBe(false);
  expect(asked).toEqual(["connect", "request"]);
});

test("a function, or a rule about requests, is asked about each", async () => {
  for (const network of [() => "allow" as const, [{ ask: "GET https://api.example.com" }]]) {
    const { asked, decide } = asking(network);
    for (const crossing of [CONNECT, REQUEST, REQUEST]) expect(await decide(crossing)).toBe(true);
    expect(asked).toEqual(["connect", "request", "request"]);
  }
});

test("names that somebody is asked about are looked up quietly", () => {
  const quietly = (network: NonNullable<Permissions["network"]>) => {
    const { set } = normalizePermissions("test", { network, ask: () => "allow" });
    const guard = new Guard({
      sets: [set],
      embedder: undefined,
      memory: new SessionMemory(),
      now: () => 0,
    });
    const crossing: Crossing = { kind: "resolve", host: "api.example.com" };
    return (guard.policy.decide(crossing, { pid: 7, command: "curl" }) as Verdict).quietly ?? false;
  };
  expect(quietly(() => "allow")).toBe(true);
  expect(quietly([{ ask: "*" }])).toBe(true);
  expect(quietly(["*"])).toBe(false);
});

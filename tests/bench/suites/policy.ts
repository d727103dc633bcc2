/** What a question to the policy costs, with 200 rules of every kind. */
import type { Crossing } from "../../../kernel/policy.ts";
import { normalizePermissions } from "../../../src/options/permissions.ts";
import { Guard } from "../../../src/permissions/guard.ts";
import { SessionMemory } from "../../../src/permissions/questions.ts";
import { atMost, type Report } from "../harness.ts";

const RULES = 200;
const ROUNDS = 20_000;
const TIMES = 15;
const BAR = { bar: atMost(2) };
const ASKER = { pid: 7, command: "curl" };

const CROSSINGS: Record<string, Crossing> = {
  "a host that a rule names": connect("api120.example.com", 443),
  "a host below a wildcard": connect("deep.down.cdn37.example.net", 443),
  "a host that nothing grants": connect("exfiltrate.evil.example", 443),
  "an address in a range": connect("10.44.1.2", 5432),
  "an IPv6 address that nothing grants": connect("2606:2800:220:1::1", 443),
  "a request by method and path": {
    kind: "request",
    protocol: "https",
    host: "rest9.example.org",
    port: 443,
    method: "GET",
    path: "/v1/items/4711?page=2",
  },
  "a program": { kind: "execute", path: "/usr/bin/tool120" },
  "a name to look up": { kind: "resolve", host: "api120.example.com" },
};

export default async function policy(report: Report): Promise<void> {
  const { set } = normalizePermissions("createVm", {
    network: rules(),
    processes: Array.from({ length: RULES }, (_, i) => (i % 2 ? `/opt/tool${i}/*` : `tool${i}`)),
  });
  const memory = new SessionMemory();
  const guard = new Guard({ sets: [set], embedder: undefined, memory, now: () => Date.now() });
  for (const [name, crossing] of Object.entries(CROSSINGS)) {
    const times: number[] = [];
    for (let time = 0; time < TIMES; time++) times.push(microseconds(guard, crossing));
    report.add(`${RULES} rules: ${name}`, "µs", times.slice(5), BAR);
  }
}

function microseconds({ policy }: Guard, crossing: Crossing): number {
  const started = performance.now();
  for (let round = 0; round < ROUNDS; round++) policy.decide(crossing, ASKER);
  return ((performance.now() - started) * 1000) / ROUNDS;
}

function rules() {
  return Array.from({ length: RULES / 5 }, (_, i) => [
    `api${i * 5}.example.com`,
    `*.cdn${i}.example.net:443`,
    `10.${i * 2}.0.0/16:5432`,
    {
      allow: `https://rest${i}.example.org`,
      methods: ["GET", "HEAD"],
      paths: ["/v1/**", "/v2/*/x"],
    },
    { deny: `*.evil${i}.example` },
  ]).flat();
}

function connect(host: string, port: number): Crossing {
  return { kind: "connect", protocol: "tcp", host, port };
}

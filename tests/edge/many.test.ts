/** Three hundred machines in one workerd, used in turn: each keeps what is its own, and memory is bounded. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EdgeClient, TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

const MACHINES = 300;
const ROUNDS = 2;
/** At once, as clients of so many machines would come. */
const CLIENTS = 8;
/** For each machine that is switched on, of all that the process grew by. */
const MEGABYTES_EACH = 1.5;

test(`${MACHINES} machines in turn`, { timeout: 300_000 }, async () => {
  await using server = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN } });
  const client = new EdgeClient(server);
  await client.create("first");
  await client.output("first", "ls /");
  const before = residentBytes(server.pid);

  await inTurn(async (name) => {
    await client.create(name);
    await client.output(name, `echo made ${name} > log`);
  });
  for (let round = 1; round <= ROUNDS; round++) {
    await inTurn(async (name) => {
      await client.output(name, `seq ${round} | tail -n 1 >> log; sync`);
    });
  }
  const grown = residentBytes(server.pid) - before;

  const lost: string[] = [];
  await inTurn(async (name) => {
    const log = await client.output(name, "cat log");
    if (log !== `made ${name}\n1\n2\n`) lost.push(`${name}: ${log}`);
  });
  expect(lost).toEqual([]);
  const each = grown / MACHINES / 2 ** 20;
  console.log(`${MACHINES} machines: ${each.toFixed(2)} MiB of workerd's memory each`);
  expect(each).toBeLessThan(MEGABYTES_EACH);
});

async function inTurn(use: (name: string) => Promise<void>): Promise<void> {
  const names = Array.from({ length: MACHINES }, (_, i) => `machine-${i}`).values();
  const client = async () => {
    for (const name of names) await use(name);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** VmRSS, from Linux's /proc. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

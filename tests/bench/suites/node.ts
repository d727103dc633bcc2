/** Node programs: how long they take to start, what they compute, call and weigh. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { installPackages } from "../../packages/install.ts";
import { atLeast, atMost, proportionalMemory, type Report } from "../harness.ts";
import { createVm, nodeModulesMount, type Vm } from "../library.ts";

/** About a second each: what a machine does besides weighs less then. */
const COMPUTE: Readonly<Record<string, string>> = {
  "sums of floats": "let s = 0; for (let i = 1; i < 8e8; i++) s += 1 / i; use(s);",
  "objects and closures":
    "let n = 0; for (let i = 0; i < 6e7; i++) { const o = { a: i, f: (x) => x + o.a }; n += o.f(1); } use(n);",
  "a sieve":
    "const N = 8e7, p = new Uint8Array(N); let c = 0; for (let i = 2; i < N; i++) { if (p[i]) continue; c++; for (let j = i * 2; j < N; j += i) p[j] = 1; } use(c);",
  "text and maps":
    "const m = new Map(); for (let i = 0; i < 8e6; i++) { const k = 'k' + (i % 5000); m.set(k, (m.get(k) ?? 0) + k.length); } use(m.size);",
  JSON: "const v = Array.from({ length: 2000 }, (_, i) => ({ i, s: 'x' + i, a: [1, 2, i] })); for (let i = 0; i < 600; i++) use(JSON.parse(JSON.stringify(v)).length);",
};
const FILES =
  "const fs = require('fs'); const N = 10_000; const rate = (f) => { const t = performance.now(); for (let i = 0; i < N; i++) f(); return N / (performance.now() - t) * 1000; };" +
  "const calls = [rate(() => fs.writeFileSync('/tmp/x', 'abc')) * 3, rate(() => fs.readFileSync('/tmp/x')) * 4, rate(() => fs.statSync('/tmp/x'))]; console.log(calls.join());";
const IDLE = 20;

export default async function node(report: Report): Promise<void> {
  await using vm = await createVm();
  await run(vm, "0");
  const spawned = async (pause: number) => {
    await sleep(pause);
    const started = performance.now();
    await run(vm, "0");
    return performance.now() - started;
  };
  report.add("node -e 0, isolates at hand", "ms", await repeat(30, () => spawned(250)), {
    bar: atMost(10),
  });
  report.add(
    "node -e 0, one after the other",
    "ms",
    (await repeat(40, () => spawned(0))).slice(10),
    {
      bar: atMost(30),
    },
  );
  for (const [name, body] of Object.entries(COMPUTE)) await compute(report, vm, name, body);
  const rates = await repeat(5, async () => (await run(vm, FILES)).split(",").map(Number));
  for (const [i, name] of ["writeFileSync", "readFileSync", "statSync"].entries()) {
    const samples = rates.map((all) => all[i] as number);
    report.add(`system calls of 10,000 small ${name}`, "/s", samples, { bar: atLeast(12_000) });
  }
  await typescript(report);
  await idle(report);
}

/** A large package, that the machine has loaded before. */
async function typescript(report: Report): Promise<void> {
  const at = "/home/user/node_modules";
  const mounts = nodeModulesMount(await installPackages(), { at });
  await using vm = await createVm({ mounts });
  const source = `const t = performance.now(); require("${at}/typescript"); console.log(performance.now() - t);`;
  const times = await repeat(8, async () => Number(await run(vm, source)));
  report.add("requiring typescript.js, warm", "ms", times.slice(1), { bar: atMost(150) });
}

/** Guest and host by turns, so that both meet the same machine; the faster half of each counts. */
async function compute(report: Report, vm: Vm, name: string, body: string): Promise<void> {
  const source = `globalThis.use = () => {}; (() => { ${body} })(); const t = performance.now(); (() => { ${body} })(); console.log(performance.now() - t);`;
  const ratios = await repeat(5, async () => {
    const guest = Number(await run(vm, source));
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", source]);
    return guest / Number(stdout);
  });
  report.add(`${name}, against the host's node`, "times", ratios, { bar: atMost(1.03) });
}

async function idle(report: Report): Promise<void> {
  await using vm = await createVm();
  await run(vm, "0");
  await sleep(1000);
  const before = process.memoryUsage.rss();
  const shareBefore = proportionalMemory();
  const children = await repeat(IDLE, () => vm.spawn(["node", "-e", "setInterval(() => {}, 1e6)"]));
  await sleep(3000);
  const each = (now: number, then: number) => [(now - then) / IDLE / 2 ** 20];
  report.add("an idle process", "MB", each(process.memoryUsage.rss(), before), {
    bar: atMost(10),
  });
  const share = proportionalMemory();
  if (share !== undefined && shareBefore !== undefined) {
    report.add("the same, what is shared in parts (PSS)", "MB", each(share, shareBefore));
  }
  for (const child of children) await child.kill("SIGKILL");
}

async function run(vm: Vm, source: string): Promise<string> {
  const child = await vm.spawn(["node", "-e", source]);
  const [stdout, { exitCode }] = await Promise.all([new Response(child.stdout).text(), child.exit]);
  if (exitCode !== 0) throw new Error(`node ended with ${exitCode}`);
  return stdout;
}

async function repeat<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < count; i++) all.push(await make());
  return all;
}

/**
 * Many machines at once, each in a loop of shell, wasm and Node work, and now and then something goes
 * wrong in one. Every outcome is known beforehand, so whatever differs is an error: of the host's, or of
 * one machine that another one has touched.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { createVm, type Vm } from "../../src/index.ts";
import { seeded } from "../kernel/random.ts";

export interface SoakOptions {
  readonly machines: number;
  readonly milliseconds: number;
  /** Rounds that are run, whatever time they take. */
  readonly least?: number;
  readonly seed: number;
  /** Share of rounds in which something goes wrong. */
  readonly faults: number;
  /** Hears now and then how far it is. */
  onProgress?(report: SoakReport): void;
}

export interface SoakReport {
  readonly seconds: number;
  readonly rounds: number;
  readonly faults: number;
  readonly errors: readonly string[];
  /** Of the host's process, now. */
  readonly resident: number;
  readonly descriptors: number;
}

export interface SoakResult extends SoakReport {
  /** Resident bytes before the first machine, with all of them idle, at the middle and the end of the work, after. */
  readonly memory: {
    readonly before: number;
    readonly idle: number;
    readonly middle: number;
    readonly end: number;
    readonly after: number;
  };
  readonly byKind: Readonly<Record<string, number>>;
}

type Random = ReturnType<typeof seeded>;
type Step = (machine: Machine, random: Random) => Promise<void>;

const DISK = 8 << 20;
const PROGRESS_MS = 5000;
const ERRORS_MAX = 50;
const SETTLE_MS = 3000;

/** One machine and what only it knows. */
interface Machine {
  vm: Vm;
  readonly name: string;
  rounds: number;
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { machines: count, milliseconds, least = 0, seed, faults, onProgress } = options;
  const errors: string[] = [];
  const byKind: Record<string, number> = {};
  const hear = (reason: unknown) => errors.push(`the host: ${describe(reason)}`);
  process.on("unhandledRejection", hear);
  process.on("uncaughtException", hear);
  const before = resident();
  const machines = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const name = `machine-${i}`;
      return { vm: await boot(name), name, rounds: 0 };
    }),
  );
  await Promise.all(machines.map((machine) => check(machine)));
  const idle = resident();
  const begun = performance.now();
  let rounds = 0;
  let broken = 0;
  let middle = 0;
  const report = (): SoakReport => ({
    seconds: (performance.now() - begun) / 1000,
    rounds,
    faults: broken,
    errors,
    resident: resident(),
    descriptors: descriptors(),
  });
  const ticking = setInterval(() => onProgress?.(report()), PROGRESS_MS);
  const halfway = setTimeout(() => {
    middle = resident();
  }, milliseconds / 2);

  async function live(machine: Machine, random: Random): Promise<void> {
    const isOver = () => performance.now() - begun >= milliseconds && rounds >= least;
    while (!isOver() && errors.length < ERRORS_MAX) {
      const isFault = random.below(10_000) < faults * 10_000;
      const steps = Object.entries(isFault ? FAULTS : WORK);
      const [kind, step] = random.pick(steps);
      byKind[kind] = (byKind[kind] ?? 0) + 1;
      if (isFault) broken++;
      try {
        await step(machine, random);
        machine.rounds++;
      } catch (reason) {
        errors.push(`${machine.name}, ${kind}: ${describe(reason)}`);
      }
      rounds++;
    }
  }

  await Promise.all(machines.map((machine, i) => live(machine, seeded(seed + i))));
  clearInterval(ticking);
  clearTimeout(halfway);
  for (const machine of machines) {
    await check(machine).catch((reason) =>
      errors.push(`${machine.name}, at the end: ${describe(reason)}`),
    );
  }
  const last = report();
  const end = resident();
  await Promise.all(machines.map(({ vm }) => vm.dispose()));
  machines.length = 0;
  // What the threads of the last guests held is given back when they are gone.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  globalThis.gc?.();
  process.off("unhandledRejection", hear);
  process.off("uncaughtException", hear);
  return { ...last, memory: { before, idle, middle, end, after: resident() }, byKind };
}

function boot(name: string): Promise<Vm> {
  return createVm({ hostname: name, env: { WHOSE: name }, limits: { disk: DISK, processes: 32 } });
}

/** It is itself, and nobody else's words are in it. */
async function check({ vm, name }: Machine): Promise<void> {
  await says(
    vm,
    "hostname; echo $WHOSE; echo $WHOSE >> ~/mine; sort -u ~/mine",
    `${name}\n${name}\n${name}\n`,
  );
}

const WORK: Readonly<Record<string, Step>> = {
  shell: ({ vm }, random) => {
    const n = 10 + random.below(200);
    return says(
      vm,
      `s=0; for ((i = 1; i <= ${n}; i++)); do ((s += i)); done; echo $s`,
      `${(n * (n + 1)) / 2}\n`,
    );
  },
  pipeline: ({ vm }, random) => {
    const n = 100 + random.below(3000);
    return says(
      vm,
      `seq ${n} | sort -rn | head -n 1; seq ${n} | awk '{ s += $1 } END { print s }'`,
      `${n}\n${(n * (n + 1)) / 2}\n`,
    );
  },
  digest: async ({ vm }, random) => {
    const text = String(random.below(2 ** 31)).repeat(1 + random.below(3000));
    await vm.fs.writeFile("/tmp/text", text);
    const digest = createHash("sha256").update(text).digest("hex");
    await says(vm, "sha256sum < /tmp/text | cut -c 1-64", `${digest}\n`);
  },
  node: ({ vm }, random) => {
    const n = random.below(1000);
    return says(
      vm,
      `node -e 'setTimeout(() => console.log(${n} ** 2, process.env.WHOSE === require("os").hostname()), 2)'`,
      `${n ** 2} true\n`,
    );
  },
  files: async ({ vm }, random) => {
    const names = Array.from({ length: 1 + random.below(20) }, (_, i) => `f${i}`);
    await vm.exec("rm -rf /tmp/d; mkdir /tmp/d");
    await Promise.all(names.map((name) => vm.fs.writeFile(`/tmp/d/${name}`, name)));
    await says(
      vm,
      "cat /tmp/d/* | wc -c; ls /tmp/d | wc -l",
      `${names.join("").length}\n${names.length}\n`,
    );
  },
  itself: check,
};

const FAULTS: Readonly<Record<string, Step>> = {
  "a shell is killed": async ({ vm }, random) => {
    const child = await vm.spawn(["bash", "-c", "while :; do sleep 1 | cat; done"]);
    await pause(random.below(50));
    await vm.kill(child.pid, "SIGKILL");
    same((await child.exit).signal, "SIGKILL");
  },
  "wasm is killed": async ({ vm }, random) => {
    const child = await vm.spawn(["awk", "BEGIN { for (;;) x++ }"]);
    await pause(random.below(100));
    await vm.kill(child.pid, "SIGKILL");
    same((await child.exit).signal, "SIGKILL");
  },
  "node is killed": async ({ vm }, random) => {
    const child = await vm.spawn(["node", "-e", "setInterval(() => {}, 1); for (;;);"]);
    await pause(random.below(100));
    await vm.kill(child.pid, "SIGKILL");
    same((await child.exit).signal, "SIGKILL");
  },
  "egress is refused": async ({ vm }) => {
    const { exitCode, refusals } = await vm.exec("curl -sS http://192.0.2.1/");
    same(exitCode === 0, false);
    same(refusals.length, 1);
  },
  "the disk is full": async ({ vm }) => {
    const { stderr } = await vm.exec("head -c 20000000 /dev/zero > /tmp/full");
    same(stderr.includes("No space left on device"), true);
    await says(vm, "rm /tmp/full; echo kept > /tmp/kept; cat /tmp/kept", "kept\n");
  },
  "node's heap is full": async ({ vm }) => {
    const { exitCode } = await vm.exec(
      "node --max-old-space-size=16 -e 'const a = []; for (;;) a.push(new Array(1000).fill(1.5))'",
    );
    same(exitCode, 134);
  },
  "a command is cut short": async ({ vm }) => {
    const error = (await vm.exec("sleep 60", { timeout: 50 }).catch((reason) => reason)) as Error;
    same((error as { code?: string }).code, "ETIMEDOUT");
  },
  "it is switched off and made anew": async (machine) => {
    const begun = machine.vm
      .exec("seq 1000000 | sort | tail -1", { reject: false })
      .catch(() => {});
    await machine.vm.dispose();
    await begun;
    machine.vm = await boot(machine.name);
    await check(machine);
  },
};

async function says(vm: Vm, line: string, expected: string): Promise<void> {
  const { stdout, stderr, exitCode } = await vm.exec(line);
  if (stdout === expected && exitCode === 0) return;
  throw new Error(
    `\`${line}\` said ${JSON.stringify({ stdout, stderr, exitCode })}, not ${JSON.stringify(expected)}`,
  );
}

function same(found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${found}, not ${expected}`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function describe(reason: unknown): string {
  return (reason instanceof Error ? reason.message : String(reason)).slice(0, 500);
}

function resident(): number {
  return process.memoryUsage.rss();
}

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

/**
 * `npm run -s soak`: 200 machines for 10 minutes, with 1 % faults. `--machines`, `--minutes`, `--faults` (per
 * cent) and `--seed` say otherwise. Prints how it goes, a table, and JSON; status 1 where anything was wrong.
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    machines: { type: "string", default: "200" },
    minutes: { type: "string", default: "10" },
    faults: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
  },
});
const MIB = 2 ** 20;
const options = {
  machines: number("machines", values.machines),
  milliseconds: number("minutes", values.minutes) * 60_000,
  faults: number("faults", values.faults) / 100,
  seed: number("seed", values.seed),
};
console.error(`${options.machines} machines, ${values.minutes} minutes, seed ${options.seed}`);
const result = await soak({
  ...options,
  onProgress: ({ seconds, rounds, faults, errors, resident, descriptors }) => {
    const columns = [
      `${seconds.toFixed(0)} s`,
      `${rounds} rounds`,
      `${faults} faults`,
      `${errors.length} errors`,
      `${(resident / MIB).toFixed(0)} MiB`,
      `${descriptors} descriptors`,
    ];
    console.error(columns.map((column) => column.padStart(14)).join(""));
  },
});
for (const error of result.errors) console.error(error);
console.table({
  rounds: result.rounds,
  "rounds/s": Math.round(result.rounds / result.seconds),
  faults: result.faults,
  errors: result.errors.length,
  ...Object.fromEntries(
    Object.entries(result.memory).map(([name, bytes]) => [`MiB ${name}`, Math.round(bytes / MIB)]),
  ),
});
const machine = {
  cpus: cpus().length,
  model: cpus()[0]?.model,
  memory: totalmem(),
  node: process.version,
};
console.log(JSON.stringify({ ...options, ...result, machine }));
process.exitCode = result.errors.length > 0 ? 1 : 0;

function number(name: string, value: string): number {
  const parsed = Number(value);
  if (value !== "" && parsed >= 0) return parsed;
  console.error(`soak: --${name} must be a number of at least 0, but it is ${value}`);
  process.exit(2);
}

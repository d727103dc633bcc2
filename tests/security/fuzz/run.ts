/** `npm run -s fuzz`: the fuzzer of system calls for ten minutes. `--minutes`, `--attackers` and `--seed` say otherwise. */
import { parseArgs } from "node:util";
import { hammer } from "./hammer.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    attackers: { type: "string", default: "4" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
  },
});
const options = {
  milliseconds: Number(values.minutes) * 60_000,
  attackers: Number(values.attackers),
  seed: Number(values.seed),
};
if (Object.values(options).some((value) => !(value >= 0))) {
  console.error("fuzz: --minutes, --attackers and --seed must be numbers of at least 0");
  process.exit(2);
}
console.error(`${options.attackers} attackers, ${values.minutes} minutes, seed ${options.seed}`);
const result = await hammer({
  ...options,
  onProgress: ({ seconds, calls, mutations, processes, faults }) =>
    console.error(
      `${seconds.toFixed(0)} s  ${calls} calls  ${mutations} mutations  ${processes} processes  ${faults.length} faults`,
    ),
});
for (const fault of new Set(result.faults)) console.error(fault);
console.log(JSON.stringify({ ...options, ...result, faults: result.faults.length }));
process.exit(result.faults.length > 0 ? 1 : 0);

/**
 * `node tests/faults/stores/crash.ts [--kills N] [--seed N] [STORE...]`: the crash suite by hand, 500
 * kills of each kind of store unless told otherwise.
 */
import { parseArgs } from "node:util";
import { randomNumbers } from "../../src/stores/chunks.ts";
import { crash } from "./crash-target.ts";
import { TARGETS } from "./targets.ts";

const { values, positionals } = parseArgs({
  options: { kills: { type: "string", default: "500" }, seed: { type: "string" } },
  allowPositionals: true,
});
const kills = Number(values.kills);
const seed = Number(values.seed ?? Date.now() % 1_000_000);

for (const name of positionals.length > 0 ? positionals : Object.keys(TARGETS)) {
  const make = TARGETS[name];
  if (!make) throw new Error(`no store is named ${name}; there are ${Object.keys(TARGETS)}`);
  console.log(`${name}: ${kills} kills, seed ${seed}`);
  const started = performance.now();
  await using target = await make();
  const random = randomNumbers(seed);
  const { commits } = await crash(target, kills, seed, random, ({ kills, commits }) => {
    if (kills % 50 === 0) console.log(`${name}: ${kills} kills, ${commits} commits`);
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${name}: all of ${commits} commits were there after ${kills} kills, ${seconds} s`);
}

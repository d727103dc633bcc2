/** Files and children as a Node program in a machine sees them: synchronous calls, requests, spawnSync. */
import { atMost, type Report } from "../harness.ts";
import { createVm } from "../library.ts";

/** Runs in the machine; prints microseconds of each turn as JSON, by name. */
const PROGRAM = `
const fs = require("fs");
const { spawnSync } = require("child_process");
const folder = fs.mkdtempSync("/tmp/bench-");
const COUNT = 2000;
const TURNS = 7;
const found = {};
function time(name, count, act) {
  const samples = [];
  for (let turn = -1; turn < TURNS; turn++) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < count; i++) act(folder + "/" + i);
    if (turn >= 0) samples.push(Number(process.hrtime.bigint() - started) / 1000 / count);
  }
  found[name] = samples;
}
time("writeFileSync", COUNT, (file) => fs.writeFileSync(file, "a small file"));
time("readFileSync", COUNT, (file) => fs.readFileSync(file));
time("readFileSyncText", COUNT, (file) => fs.readFileSync(file, "utf8"));
time("statSync", COUNT, (file) => fs.statSync(file));
time("existsSync", COUNT, (file) => fs.existsSync(file));
time("spawnSync", 5, () => spawnSync("true"));
(async () => {
  found.readFile = [];
  for (let turn = -1; turn < TURNS; turn++) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < 500; i++) await fs.promises.readFile(folder + "/" + i);
    if (turn >= 0) found.readFile.push(Number(process.hrtime.bigint() - started) / 1000 / 500);
  }
  console.log(JSON.stringify(found));
})();
`;

type Figures = Readonly<Record<string, readonly number[]>>;

export default async function nodeFiles(report: Report): Promise<void> {
  await using vm = await createVm();
  await vm.fs.writeFile("/tmp/files.cjs", PROGRAM);
  const figures = JSON.parse((await vm.exec("node /tmp/files.cjs")).stdout) as Figures;
  const add = (name: string, key: string, limit?: number): void => {
    const options = limit === undefined ? {} : { bar: atMost(limit) };
    report.add(name, "µs", figures[key] ?? [], options);
  };
  add("node: statSync", "statSync", 25);
  add("node: readFileSync of 12 B", "readFileSync", 25);
  add("node: readFileSync of 12 B as text", "readFileSyncText", 25);
  // 12,000 calls a second.
  add("node: writeFileSync of 12 B", "writeFileSync", 83);
  add("node: existsSync", "existsSync");
  add("node: fs.promises.readFile of 12 B, one by one", "readFile");
  add("node: spawnSync of true", "spawnSync");
}

/**
 * Text tools on a file of 10 MB, each time against the host's own tool: the two take turns, so that a
 * noisy machine slows both. The figure is the ratio of the medians.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atMost, median, type Report, time } from "../harness.ts";
import { createVm } from "../library.ts";
import { onHost } from "../on-host.ts";

const SIZE = 10_000_000;

/** Lines on `text`, and whether the bar of three times the host holds for them. */
const LINES: Readonly<Record<string, boolean>> = {
  "grep -c error text": true,
  "grep -ciE 'err(or)?s? [0-9]+' text": false,
  "sort text > /dev/null": true,
  "sed 's/error/ERROR/g' text > /dev/null": true,
  "sort -n -k2 text > /dev/null": false,
  "wc text": false,
  "cut -d' ' -f2,3 text > /dev/null": false,
  "tr a-z A-Z < text > /dev/null": false,
  "awk '{ n[$3] += $2 } END { for (k in n) print k, n[k] }' text": false,
  "uniq -c text > /dev/null": false,
  "sha256sum text": false,
  "gzip -c text > /dev/null": false,
  "rg -c error text": false,
  "cat text text | head -n 100000 | tail -n 1": false,
};

export default async function textTools(report: Report): Promise<void> {
  await using vm = await createVm();
  const folder = mkdtempSync(join(tmpdir(), "isopod-bench-"));
  try {
    const text = makeText();
    writeFileSync(join(folder, "text"), text);
    await vm.fs.writeFile("/home/user/text", text);
    for (const [line, barred] of Object.entries(LINES)) {
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let turn = -1; turn < 5; turn += 1) {
        const [host] = await time(1, () => onHost(line, folder), 0);
        const [vmTime] = await time(1, () => run(vm, line), 0);
        if (turn < 0) continue;
        ours.push(vmTime as number);
        theirs.push(host as number);
      }
      const base = median(theirs);
      report.add(
        line,
        "times",
        ours.map((ms) => ms / base),
        {
          ...(barred && { bar: atMost(3) }),
          note: `${median(ours).toFixed(0)} ms, host ${base.toFixed(0)} ms`,
        },
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run(vm: Awaited<ReturnType<typeof createVm>>, line: string): Promise<void> {
  const { exitCode, stderr } = await vm.exec(line);
  if (exitCode !== 0) throw new Error(`${line} ended with ${exitCode}: ${stderr}`);
}

/** A log of about 240,000 lines, the same each time. */
function makeText(): string {
  const words = "info warn error debug notice alert trace panic hello world".split(" ");
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  const out: string[] = [];
  for (let size = 0; size < SIZE; ) {
    const line = `${words[random(10)]} ${random(100000)} user${random(1000)} ${words[random(10)]} ${words[random(10)]} ${random(1e6)}\n`;
    out.push(line);
    size += line.length;
  }
  return out
    .join("")
    .slice(0, SIZE - 1)
    .concat("\n");
}

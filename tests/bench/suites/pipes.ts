/** Bytes through pipes between wasm stages, beside the host's own. */

import { atLeast, type Report, time } from "../harness.ts";
import { createVm } from "../library.ts";
import { onHost } from "../on-host.ts";

const BYTES = 500_000_000;
const LINE = `yes | head -c ${BYTES} | wc -c`;

export default async function pipes(report: Report): Promise<void> {
  await using vm = await createVm();
  const rate = (samples: number[], bytes = BYTES): number[] =>
    samples.map((ms) => bytes / 1e3 / ms);
  const ours = await time(
    5,
    async () => {
      const { stdout } = await vm.exec(LINE);
      if (Number(stdout) !== BYTES) throw new Error(`wc counted ${stdout}`);
    },
    1,
  );
  report.add(LINE, "MB/s", rate(ours), { bar: atLeast(200) });
  report.add("the same on the host", "MB/s", rate(await time(3, () => onHost(LINE), 1)));

  const zeros = 200_000_000;
  const copy = `head -c ${zeros} /dev/zero | cat | cat > /dev/null`;
  report.add(copy, "MB/s", rate(await time(5, () => vm.exec(copy), 1), zeros));

  const out = 50_000_000;
  const toHost = await time(5, () => drain(vm.spawn(["head", "-c", String(out), "/dev/zero"])), 1);
  report.add("a command's output to the host", "MB/s", rate(toHost, out));
}

async function drain(
  starting: ReturnType<Awaited<ReturnType<typeof createVm>>["spawn"]>,
): Promise<void> {
  const child = await starting;
  let total = 0;
  for await (const chunk of child.stdout) total += chunk.length;
  await child.exit;
  if (total !== 50_000_000) throw new Error(`${total} bytes came`);
}

/** What a command was refused, told on a terminal when it is over. */
import type { Vm } from "../vm.ts";
import { paintFor } from "./style.ts";

const TOLD_MAX = 20;

/** Hears of refusals from now on; what comes back tells of each once, in a dim line. */
export async function heardRefusals(vm: Vm): Promise<() => Promise<void>> {
  const heard = new Set<string>();
  let more = 0;
  await vm.audit(({ allowed, crossing, asker, reason }) => {
    if (allowed || (crossing.kind === "file" && crossing.access === "look")) return;
    const line = printable(`${asker.command}: ${reason}`);
    if (heard.has(line)) return;
    if (heard.size < TOLD_MAX) heard.add(line);
    else more++;
  });
  return async () => {
    await vm.audit(undefined);
    const paint = paintFor(process.stderr);
    for (const line of heard) process.stderr.write(`${paint("dim", `isopod: ${line}`)}\n`);
    if (more > 0) process.stderr.write(`${paint("dim", `isopod: ${more} more were refused`)}\n`);
  };
}

/** Names in it may be a guest's: they move no cursor. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

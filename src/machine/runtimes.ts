/** What runs on a machine of this host: the programs inside the kernel, and the formats of files. */
import type { BinaryFormat, Main } from "../../kernel/index.ts";
import { smallPrograms } from "../../runtimes/programs/index.ts";

export const programs: ReadonlyMap<string, Main> = new Map([...smallPrograms]);

export const formats: readonly BinaryFormat[] = [];

/** Resolves when no guest's thread is left. */
export async function guestsGone(): Promise<void> {}

/** What runs on a machine of this host: the programs inside the kernel, and the formats of files. */
import type { BinaryFormat, Main } from "../../kernel/index.ts";

export const programs: ReadonlyMap<string, Main> = new Map();

export const formats: readonly BinaryFormat[] = [];

/** Resolves when no guest's thread is left. */
export async function guestsGone(): Promise<void> {}

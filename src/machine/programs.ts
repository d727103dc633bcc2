/** The programs inside the kernel, the same on every host. */
import type { Main } from "../../kernel/index.ts";
import { smallPrograms } from "../../runtimes/programs/index.ts";
import { bash } from "../../runtimes/shell/main.ts";

export const programs: ReadonlyMap<string, Main> = new Map([...smallPrograms, ["bash", bash]]);

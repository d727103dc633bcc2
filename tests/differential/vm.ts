/** Runs one line in a fresh VM that holds nothing but the base image and the fixture. */
import { createVm, type Vm } from "../../src/index.ts";
import { DIRECTORY, directories, ENVIRONMENT, FIXTURE, TIME } from "./fixture.ts";
import type { Result } from "./transcript.ts";

export async function runInVm(command: string, create = createVm): Promise<Result> {
  await using vm = await create();
  await writeTree(vm);
  const { stdout, stderr, exitCode } = await vm.exec(command, {
    cwd: DIRECTORY,
    env: ENVIRONMENT,
    encoding: "latin1",
    timeout: 100_000,
  });
  return { stdout, stderr, status: exitCode };
}

export async function writeTree({ fs }: Vm): Promise<void> {
  const place = (path: string): string => (path === "" ? DIRECTORY : `${DIRECTORY}/${path}`);
  const folders = ["", ...directories()];
  for (const name of folders) await fs.mkdir(place(name), { recursive: true });
  const files = FIXTURE.map(async ({ path, content, target, mode }) => {
    if (target !== undefined) await fs.symlink(target, place(path));
    else await fs.writeFile(place(path), content ?? "", { mode: mode ?? 0o644 });
    await fs.lutimes(place(path), TIME, TIME);
  });
  await Promise.all(files);
  for (const name of folders.reverse()) await fs.utimes(place(name), TIME, TIME);
}

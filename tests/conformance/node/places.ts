/**
 * Machines to run tests in. On Node each test has one of its own, with the checkout mounted read-only.
 * Elsewhere nothing can be mounted, and thousands of files would have to be sent each time: there a
 * machine keeps the files of a checkout, and is swept clean after each test.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { create } from "tar";
import { hostDirectory, type Vm } from "../../../src/index.ts";
import type { TestHost } from "../../support/hosts/host.ts";
import type { Case } from "./checkout.ts";
import { ENGINE, openEngine } from "./engines.ts";

/** Where the checkout lies in a machine. */
export const CHECKOUT = "/node";
/** An empty folder of the test's own. */
export const SCRATCH = "/tmp/node-test";

export interface Place {
  readonly vm: Vm;
  /** To be called when the test has ended; `clean` says that it did so by itself. */
  leave(clean: boolean): Promise<void>;
}

let opened: Promise<TestHost> | undefined;
const kept = new Map<string, Vm>();

export async function machineOf(): Promise<Vm> {
  opened ??= openEngine();
  return (await opened).createVm();
}

export async function closePlaces(): Promise<void> {
  await (await opened)?.[Symbol.asyncDispose]();
}

export function placeFor(test: Case): Promise<Place> {
  return ENGINE === "node" ? mounted(test) : filled(test);
}

async function mounted({ root }: Case): Promise<Place> {
  opened ??= openEngine();
  const vm = await (await opened).createVm({ mounts: { [CHECKOUT]: hostDirectory(root) } });
  await vm.fs.mkdir(SCRATCH);
  return { vm, leave: () => vm.dispose() };
}

/** What almost every test may read; Web Platform Tests are three quarters of the fixtures. */
const SHARED = ["test/common", "test/fixtures"];
const LARGE = "test/fixtures/wpt";
/** Files of the tests' folders that are no tests. */
const BESIDE = /^(?!test-).*\.(?:m?js|json|wasm)$/;

async function filled(test: Case): Promise<Place> {
  const { root } = test;
  const vm = kept.get(root) ?? (await furnished(test));
  kept.set(root, vm);
  await unpack(vm, root, filesOf(test));
  return {
    vm,
    async leave(clean) {
      if (clean && (await sweep(vm))) return;
      kept.delete(root);
      await vm.dispose();
    },
  };
}

async function furnished({ root }: Case): Promise<Vm> {
  const vm = await machineOf();
  await unpack(vm, root, SHARED, (path) => path !== LARGE);
  await sweep(vm);
  return vm;
}

/** The test, and what its text names of its neighbours. */
function filesOf({ root, path }: Case): string[] {
  const folder = dirname(path);
  const source = readFileSync(join(root, path), "utf8");
  const names = [...source.matchAll(/\btest-[\w.-]+\b/g)].flatMap(([name]) => [
    name,
    `${name}.js`,
    `${name}.mjs`,
  ]);
  const beside = readdirSync(join(root, folder)).filter((name) => BESIDE.test(name));
  const found = [...names, ...beside].map((name) => join(folder, name));
  if (source.includes("wpt")) found.push(LARGE);
  return [...new Set([path, ...found])].filter((file) => existsSync(join(root, file)));
}

async function unpack(
  vm: Vm,
  root: string,
  paths: string[],
  filter: (path: string) => boolean = () => true,
): Promise<void> {
  const archive = create({ cwd: root, portable: true, sync: true, filter }, paths).read();
  await vm.exec(`mkdir -p ${CHECKOUT} && tar -x -C ${CHECKOUT} && chmod -R a+rX ${CHECKOUT}`, {
    user: "root",
    stdin: archive as Buffer,
  });
}

/** Ends what a test left behind, in the machine's processes and files. */
async function sweep(vm: Vm): Promise<boolean> {
  const line = `kill -9 -1; rm -rf /tmp/* /tmp/.[!.]* ~user/* ~user/.[!.]*; mkdir ${SCRATCH} && chown user:user ${SCRATCH}`;
  try {
    return (await vm.exec(line, { user: "root", timeout: 10_000, reject: false })).exitCode === 0;
  } catch {
    return false;
  }
}

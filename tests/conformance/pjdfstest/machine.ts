/**
 * A machine on which pjdfstest's scripts run: the base image, our bash, and the programs of programs.ts, on
 * the host that ISOPOD_HOST names.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Vm } from "../../../src/index.ts";
import { hostFromEnvironment, openHost, type TestHost } from "../../support/hosts/host.ts";

export const HOST = hostFromEnvironment();

const PLACE = "/pjdfstest";
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/root", LC_ALL: "C" };
/** Where the kernel looks for a program, and which one it finds there. */
const PROGRAMS = {
  [`${PLACE}/pjdfstest`]: "pjdfstest",
  "/usr/local/bin/openssl": "openssl",
  "/usr/local/bin/id": "id",
};

const at = (file: string) => resolve(import.meta.dirname, file);

export class ScriptMachine {
  readonly #host: TestHost;
  readonly #vm: Vm;
  #scratches = 0;

  private constructor(host: TestHost, vm: Vm) {
    this.#host = host;
    this.#vm = vm;
  }

  /** `folder` is a checkout of pjdfstest. */
  static async boot(folder: string): Promise<ScriptMachine> {
    const host = await openHost(HOST, {
      node: at("programs.ts"),
      tab: at("tab.ts"),
      edge: at("edge.ts"),
    });
    const vm = await host.createVm({ kernel: "in-thread", user: "root", hostname: "pjdfstest" });
    await vm.fs.mkdir(PLACE);
    for (const [path, name] of Object.entries(PROGRAMS)) {
      await vm.fs.writeFile(path, `#!isopod:${name}\n`, { mode: 0o755 });
    }
    await copyIn(vm, join(folder, "tests"), `${PLACE}/tests`);
    return new ScriptMachine(host, vm);
  }

  /** Runs a script, such as "chmod/00.t", as root in an empty directory; what it writes. */
  async run(script: string): Promise<string> {
    const cwd = `/tmp/${++this.#scratches}`;
    await this.#vm.fs.mkdir(cwd);
    const { stdout } = await this.#vm.exec(`exec sh ${PLACE}/tests/${script} 2> /dev/null`, {
      cwd,
      env: ENVIRONMENT,
      reject: false,
    });
    return stdout;
  }

  /** What the host had to say of faults of its own. */
  async dispose(): Promise<readonly string[]> {
    await this.#vm.dispose();
    await this.#host[Symbol.asyncDispose]();
    return this.#host.faults;
  }
}

async function copyIn(vm: Vm, from: string, to: string): Promise<void> {
  await vm.fs.mkdir(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) await copyIn(vm, source, target);
    else await vm.fs.writeFile(target, readFileSync(source));
  }
}

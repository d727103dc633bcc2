/**
 * npm in a machine against a real registry, verdaccio, on this machine: what is published from one machine
 * is installed, with its dependencies, in another one; and without a permission neither.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, nodeModulesMount, type Vm } from "../../src/index.ts";
import { installPackages } from "./install.ts";

const INSTALLING_MS = 10 * 60_000;
const STARTING_MS = 240_000;
const NPM_MS = 240_000;
const MANIFESTS = {
  "left-padding": { version: "1.2.3", main: "index.js" },
  banner: {
    version: "2.0.0",
    main: "index.js",
    bin: "cli.js",
    dependencies: { "left-padding": "^1.0.0" },
  },
};
const SOURCES = {
  "left-padding": {
    "index.js": "module.exports = (text, length) => String(text).padStart(length);\n",
  },
  banner: {
    "index.js": "module.exports = (text) => require('left-padding')(text, 8) + '!';\n",
    "cli.js": "#!/usr/bin/env node\nconsole.log(require('./')(process.argv[2]));\n",
  },
};

let modules: string;
let folder: string;
let registry: ChildProcess;
let port: number;

beforeAll(async () => {
  modules = await installPackages();
  folder = mkdtempSync(join(tmpdir(), "isopod-registry-"));
  port = await freePort();
  const config = join(folder, "config.yaml");
  writeFileSync(
    config,
    `storage: ${folder}/storage\nuplinks: {}\npackages:\n  '**': { access: $all, publish: $all }\nlog: { type: stdout, level: fatal }\n`,
  );
  const script = join(modules, "verdaccio/bin/verdaccio");
  const args = [script, "--config", config, "--listen", `127.0.0.1:${port}`];
  registry = spawn(process.execPath, args, { stdio: "ignore" });
  const late = AbortSignal.timeout(STARTING_MS);
  while (!(await answers())) {
    late.throwIfAborted();
    await sleep(200);
  }
}, INSTALLING_MS);

afterAll(async () => {
  const gone = once(registry, "exit");
  registry.kill();
  await gone;
  rmSync(folder, { recursive: true, force: true });
});

async function answers(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/-/ping`).catch(() => undefined);
  return response?.ok === true;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as { port: number };
  server.close();
  return free;
}

async function machine(granted: boolean): Promise<Vm> {
  const vm = await createVm({
    mounts: nodeModulesMount(modules, { at: "/opt/node_modules" }),
    network: { hosts: { "registry.test:80": `127.0.0.1:${port}` } },
    ...(granted && { permissions: { network: ["http://registry.test/**"] } }),
  });
  const settings = "registry=http://registry.test/\n//registry.test/:_authToken=anybody\n";
  await vm.fs.writeFile("/home/user/.npmrc", `${settings}fetch-retries=0\nupdate-notifier=false\n`);
  return vm;
}

/** The machine's own npm 10, and npm 11 from the registry of the world. */
const NPMS = ["npm", "node /opt/node_modules/npm/bin/npm-cli.js"];

async function runs(vm: Vm, line: string, cwd: string): Promise<string> {
  const { stdout, stderr, exitCode } = await vm.exec(line, { cwd, timeout: NPM_MS });
  expect({ line, exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({
    line,
    exitCode: 0,
    stderr: "",
  });
  return stdout;
}

test(
  "publishes packages, and installs them elsewhere, scripts and dependencies too",
  async () => {
    await using author = await machine(true);
    for (const [name, manifest] of Object.entries(MANIFESTS)) {
      const files = SOURCES[name as keyof typeof SOURCES];
      await author.fs.mkdir(`/home/user/${name}`);
      await author.fs.writeFile(
        `/home/user/${name}/package.json`,
        JSON.stringify({ name, ...manifest }),
      );
      for (const [file, text] of Object.entries(files)) {
        await author.fs.writeFile(`/home/user/${name}/${file}`, text);
      }
      expect(await runs(author, "npm publish --loglevel=error", `/home/user/${name}`)).toContain(
        `+ ${name}@${manifest.version}`,
      );
    }
    for (const npm of NPMS) {
      await using user = await machine(true);
      await user.exec("mkdir -p project; echo '{\"private\": true}' > project/package.json");
      const said = await runs(
        user,
        `${npm} install --no-audit --no-fund banner`,
        "/home/user/project",
      );
      expect(said).toContain("added 2 packages");
      expect(await runs(user, "npx banner hello; ls node_modules", "/home/user/project")).toBe(
        "   hello!\nbanner\nleft-padding\n",
      );
      const lock = await user.fs.readFile("/home/user/project/package-lock.json", "utf8");
      expect(JSON.parse(lock as string).packages["node_modules/left-padding"].integrity).toMatch(
        /^sha512-/,
      );
      await runs(user, `rm -r node_modules; ${npm} ci --no-audit --no-fund`, "/home/user/project");
      expect(await runs(user, "npx banner again", "/home/user/project")).toBe("   again!\n");
    }
  },
  4 * NPM_MS,
);

test(
  "without a permission there is no registry",
  async () => {
    await using vm = await machine(false);
    const { exitCode, stderr, refusals } = await vm.exec("npm view banner version", {
      timeout: NPM_MS,
    });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("EACCES");
    expect(refusals.join()).toContain("registry.test");
  },
  2 * NPM_MS,
);

/** `isopod serve`, `--host`, `vms`, `move` and `copy`, as somebody at a prompt uses them. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Terminal, whyNoTmux } from "./tmux.ts";

const ISOPOD = resolve(import.meta.dirname, "../../bin/isopod");

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

let folder: string;
let server: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isopod-serve-"));
  server = await serve("--store", join(folder, "machines"));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Server {
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
  stop(): Promise<number | null>;
}

async function serve(...args: string[]): Promise<Server> {
  const child = start({}, "serve", "--listen", "127.0.0.1:0", ...args);
  child.stderr?.resume();
  let output = "";
  for await (const chunk of child.stdout ?? []) {
    output += chunk;
    if (output.includes("token ")) break;
  }
  const [, url = "", token = ""] = /isopod serve (\S+)\ntoken (\S+)\n/.exec(output) ?? [];
  return {
    url,
    token,
    child,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      return (await once(child, "exit"))[0] as number | null;
    },
  };
}

function start(env: Record<string, string>, ...args: string[]): ChildProcess {
  const { ISOPOD_HOST: _, ISOPOD_TOKEN: __, ...rest } = process.env;
  return spawn(process.execPath, [ISOPOD, ...args], { stdio: "pipe", env: { ...rest, ...env } });
}

async function ended(child: ChildProcess, stdin = ""): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdin?.end(stdin);
  const [status] = await once(child, "close");
  return { stdout, stderr, status };
}

const known = () => ({ ISOPOD_TOKEN: server.token });
const isopod = (...args: string[]) => ended(start(known(), ...args));
const run = (machine: string, ...args: string[]) =>
  isopod("run", "--host", `${server.url}${machine}`, ...args);

test("a command runs there: output, errors, status and input pass through", async () => {
  expect(await run("", "-c", "echo out; echo err >&2; exit 3")).toEqual({
    stdout: "out\n",
    stderr: "err\n",
    status: 3,
  });
  const child = start(known(), "run", "--host", server.url, "sha1sum");
  const input = "x".repeat(100_000);
  const sum = createHash("sha1").update(input).digest("hex");
  expect(await ended(child, input)).toMatchObject({
    stdout: `${sum}  -
`,
    status: 0,
  });
  expect((await run("", "no-such-program")).status).toBe(127);
});

test("ISOPOD_HOST does as well, and a token of the URL", async () => {
  const here = { ...known(), ISOPOD_HOST: `${server.url}/vms/named` };
  expect(await ended(start(here, "run", "-c", "echo kept > file"))).toMatchObject({ status: 0 });
  expect((await run("/vms/named", "cat", "file")).stdout).toBe("kept\n");
  const url = server.url.replace("//", `//${server.token}@`);
  expect(await ended(start({}, "run", "--host", url, "echo", "in"))).toMatchObject({
    stdout: "in\n",
  });
  expect((await isopod("vms", "--host", server.url)).stdout).toContain("named  on\n");
  expect((await isopod("vms", "--host", server.url, "rm", "named")).status).toBe(0);
  expect((await isopod("vms", "--host", server.url)).stdout).not.toContain("named");
});

test("environment, directory and user are the command's", async () => {
  const line = "echo $A; pwd; id -un";
  const { stdout } = await run("", "-e", "A=b c", "-w", "/tmp", "-u", "root", "-c", line);
  expect(stdout).toBe("b c\n/tmp\nroot\n");
});

test("a signal ends the command there, and nothing is left", async () => {
  const at = `${server.url}/vms/signalled`;
  const child = start(
    known(),
    "run",
    "--host",
    at,
    "-c",
    "trap 'echo got it; exit 3' INT; echo on; sleep 100",
  );
  await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  const done = ended(child);
  child.kill("SIGINT");
  const { stdout, status } = await done;
  expect(stdout).toBe("got it\n");
  expect(status).toBe(3);
  const { stdout: left } = await run("/vms/signalled", "-c", "ps -e -o args= | grep -c '[s]leep'");
  expect(left).toBe("0\n");
});

test.each<[string[], Record<string, string>, RegExp]>([
  [["run", "true"], { ISOPOD_TOKEN: "wrong-token-wrong-token" }, /the token is wrong/],
  [["run", "true"], {}, /a token is needed/],
  [["run", "-v", ".:/x", "true"], {}, /cannot see directories of this host/],
  [["vms", "nonsense"], {}, /usage: isopod vms/],
])("what is refused says why: %j", async (args, env, words) => {
  const [name = "", ...rest] = args;
  const { stderr, status } = await ended(start(env, name, "--host", server.url, ...rest));
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(status).toBeGreaterThan(0);
});

test.each<[string[], RegExp]>([
  [["run", "--host", "nonsense", "true"], /nonsense is no server/],
  [["run", "--host", "http://127.0.0.1:1", "true"], /cannot be reached/],
  [["vms"], /which server/],
  [["serve", "--listen", "here"], /--listen here/],
  [["serve", "--token", "short"], /16 or more/],
  [["serve", "--idle", "soon"], /--idle soon/],
  [["move", "x"], /usage: isopod move SRC DST/],
  [["copy", "http://127.0.0.1:1", "x"], /which machine/],
])("a wrong command line says what: %j", async (args, words) => {
  const { stderr, status } = await ended(start({}, ...args));
  expect(stderr).toMatch(words);
  expect(status).toBeGreaterThan(0);
});

/** Each line is a process of its own. */
const MANY = 240_000;

test("machines are there after the server was ended, and after it was killed", {
  timeout: MANY,
}, async () => {
  const store = join(folder, "durable");
  const first = await serve("--store", store);
  const at = (of: Server, ...args: string[]) =>
    ended(start({ ISOPOD_TOKEN: of.token }, "run", "--host", `${of.url}/vms/kept`, ...args));
  await at(first, "-c", "echo one > file");
  expect(await first.stop()).toBe(0);
  const second = await serve("--store", store);
  expect((await at(second, "-c", "cat file; echo two >> file; sync")).stdout).toBe("one\n");
  second.child.kill("SIGKILL");
  await once(second.child, "exit");
  const third = await serve("--store", store, "--idle", "0");
  expect((await at(third, "cat", "file")).stdout).toBe("one\ntwo\n");
  const env = { ISOPOD_TOKEN: third.token };
  for (let off = false; !off; ) {
    const { stdout } = await ended(start(env, "vms", "--host", third.url));
    off = stdout === "kept  off\n";
  }
  expect((await at(third, "cat", "file")).stdout).toBe("one\ntwo\n");
  await third.stop();
});

test("move and copy: the same hash on every line", { timeout: MANY }, async () => {
  await run("/vms/traveller", "-c", "seq 100000 > numbers; echo $$ > pid");
  const there = `${server.url}/vms/traveller`;
  const here = join(folder, "here");
  const copied = await isopod("copy", there, `${here}:copied`);
  expect(copied).toMatchObject({ status: 0 });
  const [tree = ""] = copied.stdout.split(" ");
  expect(tree).toMatch(/^[0-9a-f]{64}$/);
  const moved = await isopod("move", there, here);
  expect(moved.stdout.split(" ")[0]).toBe(tree);
  const gone = await run("/vms/traveller", "true");
  expect(gone.stderr).toContain("was moved away");
  const back = await isopod("move", `${here}:traveller`, server.url);
  expect(back.stdout.split(" ")[0]).toBe(tree);
  expect((await run("/vms/traveller", "tail", "-n", "1", "numbers")).stdout).toBe("100000\n");
  expect((await isopod("move", `${here}:traveller`, server.url)).stderr).toContain(
    "was moved away",
  );
  expect((await isopod("copy", `${here}:nobody`, server.url)).stderr).toContain("no machine");
  writeFileSync(join(folder, "plain"), "");
  expect((await isopod("copy", `${folder}:x`, server.url)).status).toBeGreaterThan(0);
});

const noTmux = whyNoTmux();

test.skipIf(noTmux !== undefined)(
  "a shell there is as one here: job control, window size, status",
  { timeout: MANY },
  async () => {
    const env = { ...known(), ISOPOD_HOST: `${server.url}/vms/interactive` };
    const command = [process.execPath, ISOPOD, "shell"];
    await using terminal = new Terminal(command, { columns: 90, rows: 20, env });
    const enter = async (line: string, expected: RegExp) => {
      await terminal.until(/\$$/);
      terminal.type(line);
      terminal.press("Enter");
      await terminal.until(expected);
    };
    await enter("stty size", /^20 90$/m);
    terminal.resize(70, 30);
    await enter("stty size", /^30 70$/m);
    await enter("cat; echo over $?", /over \$\?\n?$/);
    await terminal.signalUntil("C-c", /\^C\n/);
    await enter("sleep 1000", /sleep 1000\n?$/);
    await terminal.signalUntil("C-z", /Stopped/);
    await enter("kill %1; wait", /Terminated/);
    await enter("exit 6", /logout/);
    expect(await terminal.exit()).toBe(6);
  },
);

test("--preview-url says below which name previews are", async () => {
  const refused = await ended(start({}, "serve", "--preview-url", "https://example.com/path"));
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("--preview-url")]);
  const other = await serve("--preview-url", "https://previews.test");
  try {
    const headers = { authorization: `Bearer ${other.token}` };
    const post = (path: string, body: object) =>
      fetch(other.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    await post("/vms", { name: "web" });
    const made = await post("/vms/web/previews", { port: 3000, public: true });
    expect(await made.json()).toMatchObject({ url: "https://3000--web.previews.test/" });
  } finally {
    await other.stop();
  }
});

/** What a machine does with its permissions: each denial has its positive control beside it. */
import { mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import {
  type AuditEvent,
  createVm,
  directoryStore,
  hostDirectory,
  type Permissions,
  removeMachine,
  type Vm,
} from "../../../src/index.ts";

const machines: Vm[] = [];
async function make(permissions?: Permissions, more: object = {}): Promise<Vm> {
  const vm = await createVm({ ...(permissions && { permissions }), ...more });
  machines.push(vm);
  return vm;
}
afterEach(async () => {
  await Promise.all(machines.splice(0).map((vm) => vm.dispose()));
});

test("host variables pass by pattern, below what env says", async () => {
  vi.stubEnv("MY_ONE", "1");
  vi.stubEnv("MY_TWO", "2");
  vi.stubEnv("OTHER", "3");
  const vm = await make({ env: ["MY_*"] }, { env: { MY_TWO: "own" } });
  const shown = async (from: Vm) => (await from.exec("echo $MY_ONE,$MY_TWO,$OTHER,$HOME")).stdout;
  expect(await shown(vm)).toBe("1,own,,/home/user\n");
  expect(await shown(await make())).toBe(",,,/home/user\n");
  const { stdout } = await (await make({ env: ["*"] })).exec("echo $OTHER $HOME");
  expect(stdout).toBe("3 /home/user\n");
  vi.unstubAllEnvs();
});

test("a denied program cannot be executed, by whatever name, and the shell says why", async () => {
  const vm = await make({ processes: [{ deny: ["jq", "/opt/**"] }] });
  const result = await vm.exec("jq --version; echo $?; ls / >/dev/null && echo ls runs");
  expect(result.stdout).toBe("126\nls runs\n");
  expect(result.stderr).toBe(
    "bash: line 1: /usr/bin/jq: Permission denied (permissions.processes[0] denies jq)\n",
  );
  expect(result.refusals).toEqual(["bash: permissions.processes[0] denies jq"]);
  for (const line of [
    "ln -sf /usr/bin/jq ~/link; ~/link --version",
    "cd /usr/bin; ./jq --version",
    "env jq --version",
    "xargs jq --version </dev/null",
    "exec jq --version",
    "/proc/self/root/usr/bin/jq --version",
    'node -e \'process.exit(require("child_process").spawnSync("jq", ["--version"]).status ?? 126)\'',
  ]) {
    const allowed = line.replaceAll("jq", "git");
    expect([line, (await vm.exec(line)).exitCode]).not.toEqual([line, 0]);
    expect([allowed, (await vm.exec(allowed)).exitCode]).toEqual([allowed, 0]);
  }
  expect((await vm.exec("cat /proc/refusals")).stdout).toContain(
    "permissions.processes[0] denies jq\n",
  );
});

test("scripts need leave for themselves and for what runs them", async () => {
  const vm = await make({ processes: ["/usr/bin/*", "/home/user/ok.*", { deny: "awk" }] });
  await vm.exec("printf '#!/bin/sh\\necho ran\\n' | tee ok.sh > no.sh; chmod +x ok.sh no.sh");
  await vm.exec("printf '#!/usr/bin/awk -f\\nBEGIN { print 1 }\\n' > ok.awk; chmod +x ok.awk");
  expect((await vm.exec("./ok.sh")).stdout).toBe("ran\n");
  const refused = await vm.exec("./no.sh");
  expect(refused.stderr).toContain(
    "permissions.processes has no rule that allows /home/user/no.sh",
  );
  expect((await vm.exec("./ok.awk")).stderr).toContain("permissions.processes[2] denies awk");
});

test("a machine whose shell is denied runs nothing through it", async () => {
  const vm = await make({ processes: ["ls"] });
  await expect(vm.exec("ls /")).rejects.toMatchObject({
    code: "EACCES",
    message: expect.stringContaining(
      "(permissions.processes has no rule that allows /usr/bin/bash)",
    ),
  });
  const ls = await vm.spawn(["ls", "/"]);
  expect((await ls.exit).exitCode).toBe(0);
});

test("servers listen where they may", async () => {
  const listen = (port: number) =>
    `node -e 'const s = require("net").createServer().listen(${port}, () => { console.log("on"); s.close() }); s.on("error", (e) => console.log(e.code))'`;
  const vm = await make({ listen: ["3000-3999"] });
  expect((await vm.exec(listen(3000))).stdout).toBe("on\n");
  const refused = await vm.exec(listen(4000));
  expect(refused.stdout).toBe("EACCES\n");
  expect(refused.refusals).toEqual(["node: permissions.listen has no rule that allows port 4000"]);
  expect((await (await make()).exec(listen(4000))).stdout).toBe("on\n");
});

test("host folders are mounted as the rules say", async () => {
  const folder = mkdtempSync(join(tmpdir(), "isopod-permissions-"));
  const vm = await make({ mounts: [folder, { deny: join(folder, "secret") }] });
  await vm.mount("/work", hostDirectory(folder));
  expect((await vm.exec("test -d /work")).exitCode).toBe(0);
  await expect(vm.mount("/w", hostDirectory(folder, { readOnly: false }))).rejects.toMatchObject({
    code: "EACCES",
    message: expect.stringContaining("permissions.mounts has no rule that allows"),
  });
  await expect(vm.mount("/e", hostDirectory("/etc"))).rejects.toMatchObject({ code: "EACCES" });
  symlinkSync("/etc", join(folder, "link"));
  await expect(vm.mount("/l", hostDirectory(join(folder, "link")))).rejects.toThrow(
    "permissions.mounts has no rule that allows /etc",
  );
  await expect(vm.mount("/s", hostDirectory(join(folder, "secret")))).rejects.toThrow(
    "permissions.mounts[1] denies",
  );
  const free = await make();
  await free.mount("/e", hostDirectory("/etc"));
});

test("what is refused and what crosses is told, equal events as one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "isopod-audit-"));
  const vm = await make(
    { processes: [{ deny: "jq" }] },
    { mounts: { "/work": hostDirectory(folder) } },
  );
  const events: AuditEvent[] = [];
  await vm.exec("for i in 1 2 3; do jq; done");
  await vm.audit((event) => events.push(event));
  await vm.audit(undefined);
  expect(events).toMatchObject([
    {
      crossing: { kind: "mount", target: "/work", source: folder },
      allowed: true,
      asker: { pid: 1 },
    },
    {
      type: "audit",
      crossing: { kind: "execute", path: "/usr/bin/jq" },
      allowed: false,
      reason: "permissions.processes[0] denies jq",
      asker: { command: "bash" },
      count: 3,
      missed: 0,
    },
  ]);
});

test("a listener that is slow hears how many it missed, and the host's memory is bounded", async () => {
  const vm = await make({ processes: [{ deny: "/home/**" }] });
  const stream = vm.crossings().getReader();
  await vm.exec("touch a; chmod +x a");
  const { stdout } = await vm.exec(
    "for ((i = 0; i < 700; i++)); do mv a* a$i; ./a$i; done 2>/dev/null; echo done",
  );
  expect(stdout).toBe("done\n");
  let heard = 0;
  let missed = 0;
  while (heard + missed < 700) {
    const { value } = await stream.read();
    heard += value?.count ?? 0;
    missed += value?.missed ?? 0;
  }
  expect(heard + missed).toBe(700);
  expect(missed).toBeGreaterThan(100);
  await vm.dispose();
  expect((await stream.read()).done).toBe(true);
});

test("a function decides, waits, remembers, and is asked once at a time", async () => {
  const asked: string[] = [];
  const answer = Promise.withResolvers<void>();
  const vm = await make({
    processes: async (request) => {
      if (request.kind !== "execute" || !request.path.endsWith("q")) return "allow";
      asked.push(`${request.place} ${request.path}`);
      await answer.promise;
      return { allow: request.path.endsWith("jq"), remember: "session" };
    },
  });
  const lines = [1, 2, 3].map(() => vm.exec("jq --version >/dev/null && echo ran"));
  await expect.poll(() => asked.length).toBe(1);
  answer.resolve();
  for (const line of lines) expect((await line).stdout).toBe("ran\n");
  expect((await vm.exec("yq --version; jq --version >/dev/null && echo ran")).stdout).toBe("ran\n");
  expect((await vm.exec("yq --version")).stderr).toContain(
    "permissions.processes denied it before",
  );
  expect(asked).toEqual(["permissions.processes /usr/bin/jq", "permissions.processes /usr/bin/yq"]);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("out of order");
    },
    "could not answer: out of order",
  ],
  [
    "rejects",
    async () => {
      throw new Error("out of order");
    },
    "could not answer: out of order",
  ],
  [
    "answers nonsense",
    () => true,
    'could not answer: it answered true, not "allow", "deny" or { allow, remember }',
  ],
  ["answers nothing", () => undefined, "could not answer: it answered undefined"],
  [
    "answers with a lure",
    () => ({ allow: "yes" }),
    "could not answer: it answered { allow: 'yes' }",
  ],
])("an embedder that %s has denied, and the log says so", async (_how, decide, text) => {
  const vm = await make({
    processes: [{ ask: "jq" }],
    ask: decide as never,
  });
  const { stderr, exitCode } = await vm.exec("jq --version");
  expect(exitCode).toBe(126);
  expect(stderr).toContain(`permissions.processes[0] ${text}`);
  expect((await vm.exec("git --version")).exitCode).toBe(0);
  const events: AuditEvent[] = [];
  await vm.audit((event) => events.push(event));
  await vm.audit(undefined);
  expect(events.at(-1)?.reason).toContain(text);
});

test("an ask waits for a person, and a kill does not wait for the person", async () => {
  const vm = await make({ processes: [{ ask: "jq" }], ask: () => new Promise(() => {}) });
  const result = await vm.exec("jq --version", { timeout: 300, reject: false });
  expect(result.timedOut).toBe(true);
  expect((await vm.exec("git --version")).exitCode).toBe(0);
});

test("a fork has its machine's permissions, and may only have fewer", async () => {
  const vm = await make({ processes: [{ deny: "jq" }] });
  const same = await vm.fork();
  const fewer = await vm.fork({ permissions: { processes: ["bash", "jq", "cat"] } });
  machines.push(same, fewer);
  const outcomes = async (from: Vm) =>
    (await from.exec("jq -n 1 2>&1; cat /dev/null && echo cat; ls -d / 2>&1")).stdout;
  expect(await outcomes(same)).toMatch(/permissions\.processes\[0\] denies jq.*\ncat\n\/\n/);
  expect(await outcomes(fewer)).toMatch(
    /permissions\.processes\[0\] denies jq.*\ncat\n.*no rule that allows \/usr\/bin\/ls/s,
  );
  const sealed = await fewer.fork({ permissions: { fs: [{ path: "/home", access: "read" }] } });
  machines.push(sealed);
  expect((await sealed.exec("echo x > a")).exitCode).toBe(1);
  expect((await fewer.exec("echo x > a")).exitCode).toBe(0);
  await expect(vm.fork({ permissions: { env: ["A"] } as never })).rejects.toThrow(
    /permissions\.env/,
  );
});

test("a fork's function is asked beside its machine's", async () => {
  const asked: string[] = [];
  const decide = (who: string) => (request: { kind: string; place: string; path?: string }) => {
    if (request.path?.endsWith("/jq")) asked.push(`${who} ${request.place}`);
    return "allow" as const;
  };
  const vm = await make({ processes: decide("machine") });
  const fork = await vm.fork({ permissions: { processes: decide("fork") } });
  machines.push(fork);
  expect((await fork.exec("jq -n 1")).stdout).toBe("1\n");
  expect(asked.sort()).toEqual(["fork permissions.processes", "machine permissions.processes"]);
});

test("answers for good stay in the store, with the machine and not with its snapshots", async () => {
  const store = directoryStore(mkdtempSync(join(tmpdir(), "isopod-answers-")));
  let asked = 0;
  const open = (more: object) =>
    createVm({
      store,
      permissions: {
        processes: [{ ask: "jq" }],
        ask: () => {
          asked++;
          return { allow: true, remember: "always" };
        },
      },
      ...more,
    });
  const times = async (vm: Vm) => {
    await using on = vm;
    expect((await on.exec("jq -n 1; jq -n 1")).stdout).toBe("1\n1\n");
    return asked;
  };
  expect(await times(await open({ name: "one" }))).toBe(1);
  expect(await times(await open({ name: "one" }))).toBe(1);
  const vm = await open({ name: "one" });
  const snapshot = await vm.snapshot("kept");
  await vm.dispose();
  expect(await times(await open({ name: "two", from: snapshot }))).toBe(2);
  await removeMachine(store, "one");
  expect(await times(await open({ name: "one" }))).toBe(3);
});

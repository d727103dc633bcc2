/** Signals in a storm, in the middle of system calls: nothing is lost, doubled or torn, in each runtime. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
  await vm.exec("seq 1 60000 > /tmp/lines");
});
afterAll(() => vm.dispose());

/** Sends signals to `target` while `work` runs, and prints how many. */
const storm = (start: string) => `${start} & p=$!
  n=0; while kill -CHLD $p 2>/dev/null; do n=$((n+1)); kill -WINCH $p 2>/dev/null; kill -CONT $p 2>/dev/null; kill -STOP $p 2>/dev/null; kill -CONT $p 2>/dev/null; done
  wait $p; echo status $?; [ $n -gt 0 ] && echo stormed`;

test.each([
  ["WebAssembly", "sort -n -r /tmp/lines | sort -n | md5sum"],
  ["pipes", "cat /tmp/lines | cat | cat | md5sum"],
  ["the shell", 'while read -r line; do echo "$line"; done < /tmp/lines | md5sum'],
  [
    "Node",
    `node -e 'process.on("SIGUSR1", () => {}); process.stdin.pipe(process.stdout)' < /tmp/lines | md5sum`,
  ],
])("%s", async (_, work) => {
  const right = (await vm.exec("md5sum < /tmp/lines")).stdout;
  const { stdout } = await vm.exec(storm(`{ ${work}; }`), { timeout: 60_000 });
  expect(stdout).toContain(right.trim());
  expect(stdout).toContain("status 0");
  expect(stdout).toContain("stormed");
});

test("caught ones while it reads, writes and waits: each handler runs, each call goes on", async () => {
  await vm.fs.writeFile(
    "/tmp/caught.js",
    `let usr = 0; process.on("SIGUSR1", () => usr++); process.on("SIGUSR2", () => {});
     const { spawn, execSync } = require("child_process"), fs = require("fs");
     const shell = spawn("sh", ["-c", "for i in $(seq 1 200); do kill -USR1 " + process.pid + "; kill -USR2 " + process.pid + "; done"]);
     let rounds = 0;
     const work = () => {
       if (fs.readFileSync("/tmp/lines").length !== 348894) throw new Error("torn");
       if (execSync("echo child").toString() !== "child\\n") throw new Error("lost");
       if (++rounds < 15) setImmediate(work);
     };
     work();
     let ended; shell.on("exit", (code) => { ended = code; });
     process.on("exit", () => console.log(ended, usr > 0, rounds));`,
  );
  const { stdout, stderr } = await vm.exec("wc -c < /tmp/lines; node /tmp/caught.js", {
    timeout: 60_000,
  });
  expect(stderr).toBe("");
  expect(stdout.split("\n")[0]).toBe("348894");
  expect(stdout).toContain("0 true 15");
});

test("a trap in the shell interrupts what waits, and not what it has to do", async () => {
  const { stdout } = await vm.exec(
    `n=0; trap 'n=$((n+1))' USR1; ( for i in $(seq 1 100); do kill -USR1 $$; done ) & p=$!
     while kill -0 $p 2>/dev/null; do wait $p; read -t 0.01 x < /dev/null; done; out=$(seq 1 1000 | wc -l); echo $out; [ $n -gt 0 ] && echo trapped`,
    { timeout: 60_000 },
  );
  expect(stdout).toBe("1000\ntrapped\n");
});

/**
 * The tour that `npm start` gives where there is neither a terminal nor input: real commands on real
 * files, each with a word on what it shows. Its status tells whether all of them did as they should.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createVm } from "../create-vm.ts";
import { hostDirectory } from "../options/host-directory.ts";
import { packageRoot } from "../package-root.ts";
import type { Vm } from "../vm.ts";
import { version } from "./help.ts";
import { type Paint, paintFor } from "./style.ts";

interface Stop {
  readonly shows: string;
  readonly line: string;
  /** What the output must match; a tour that shows something else has failed. */
  readonly expect: RegExp;
}

const STOPS: readonly Stop[] = [
  {
    shows: "A machine of its own: names, users, an empty home.",
    line: "uname -sr; id; pwd; ls -A | wc -l",
    expect: /^Linux .*\nuid=1000\(user\).*\n\/home\/user\n/,
  },
  {
    shows: "Real tools in a real pipeline, each a process, the stages at work at once.",
    line: "seq 1 100000 | awk '{s+=$1} END {print s}' | tee sum | sha256sum; wc -c < sum",
    expect: /^bb76e655ba0d.*\n11\n$/,
  },
  {
    shows: "Files of the host, because they were granted, and read-only: this project's own.",
    line: "find /mnt/source -name '*.ts' -o -name '*.js' | xargs wc -l | sort -n | tail -n 4",
    expect: /total\n$/,
  },
  {
    shows: "ripgrep on them.",
    line: "rg --count-matches 'export (class|function)' /mnt/source | sort -t: -k2 -nr | head -n 3",
    expect: /:\d+\n/,
  },
  {
    shows: "What was not granted is refused with the errno that Linux gives.",
    line: "touch /mnt/source/mine; echo status $?; cat /etc/shadow",
    expect: /Read-only file system[\s\S]*status 1[\s\S]*Permission denied/,
  },
  {
    shows: "git: a repository, a branch, a merge.",
    line: `git init -q demo && cd demo && git config user.name Ada && git config user.email ada@example.org
echo one > file && git add file && git commit -qm first && git switch -qc topic
echo two >> file && git commit -qam second && git switch -q main && git merge -q topic
git log --oneline --graph | sed 's/[0-9a-f]\\{7,\\}/#######/'`,
    expect: /second\n.*first\n/,
  },
  {
    shows: "JSON through jq, tables through sqlite3.",
    line: `echo '[{"n":"a","v":2},{"n":"b","v":40}]' | jq -c 'map(.v) | add'
sqlite3 :memory: "create table t(n, v); insert into t values ('a', 2), ('b', 40); select sum(v) from t"`,
    expect: /^42\n42\n$/,
  },
  {
    shows: "Archives, there and back.",
    line: "tar -czf demo.tgz demo && mkdir out && tar -xzf demo.tgz -C out && diff -r demo/file out/demo/file && echo same",
    expect: /^same\n$/,
  },
  {
    shows: "bash's language: arrays, functions, substitutions, here-documents.",
    line: `declare -A legs=([isopod]=14 [ant]=6); for k in isopod ant; do printf '%s has %d legs\\n' $k \${legs[$k]}; done
diff <(printf '%s\\n' a b c) <(printf '%s\\n' a B c)`,
    expect: /isopod has 14 legs[\s\S]*< b\n---\n> B\n/,
  },
  {
    shows: "Jobs and signals.",
    line: "sleep 100 & kill -TERM $!; wait $!; echo status $?; trap 'echo got USR1' USR1; kill -USR1 $$; echo and goes on",
    expect: /status 143\n[\s\S]*got USR1\n/,
  },
  {
    shows: "Nothing runs away: an endless program ends when it is told to.",
    line: "timeout 0.3 yes > /dev/null; echo status $?; yes | head -n 1",
    expect: /status 124\ny\n/,
  },
  {
    shows: "And everything is a file.",
    line: "ps -o pid,ppid,args; head -n 3 /proc/self/status; mount -t proc",
    expect: /PID[\s\S]*Name:[\s\S]*type proc/,
  },
];

export async function tour(): Promise<number> {
  const paint = paintFor(process.stdout);
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const started = performance.now();
  await using vm = await createVm({
    mounts: { "/mnt/source": hostDirectory(sourceFolder()) },
  });
  const booted = Math.round(performance.now() - started);
  say(`${paint("bold", "Isopod")} ${version()}: a tour of a machine that booted in ${booted} ms`);
  let failures = 0;
  for (const [index, stop] of STOPS.entries()) {
    if (!(await show(vm, stop, index + 1, paint))) failures++;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`\n${STOPS.length} stops in ${seconds} s. On a terminal, npm start opens a shell here.`);
  if (failures > 0) say(paint("red", `${failures} of them did not show what they should.`));
  return failures === 0 ? 0 : 1;
}

async function show(vm: Vm, stop: Stop, number: number, paint: Paint): Promise<boolean> {
  const command = stop.line.replaceAll("\n", "\n  ");
  process.stdout.write(`\n${paint("cyan", `${number}. ${stop.shows}`)}\n`);
  process.stdout.write(`${paint("bold", `$ ${command}`)}\n`);
  const result = await vm.exec(`{ ${stop.line}\n} 2>&1`, { timeout: 60_000, reject: false });
  process.stdout.write(result.stdout.replace(/\n?$/, "\n"));
  const right = stop.expect.test(result.stdout) && !result.timedOut;
  if (!right) process.stdout.write(paint("red", "  (not what it should be)\n"));
  return right;
}

/** The project's sources, or in an installed package what was built of them. */
function sourceFolder(): string {
  const sources = join(packageRoot(), "kernel");
  return existsSync(sources) ? sources : join(packageRoot(), "dist");
}

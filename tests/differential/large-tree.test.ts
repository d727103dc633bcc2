/** Real work on a tree of 5,000 files: search, archives, data, version control. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

const COUNT = 5000;
const KINDS = ["txt", "json", "c", "md", "log"] as const;

interface File {
  readonly path: string;
  readonly text: string;
}

const FILES: readonly File[] = Array.from({ length: COUNT }, (_, index) => {
  const kind = KINDS[index % KINDS.length] as string;
  const folder = `t/${index % 25}/${(index * 7) % 20}`;
  const needle = index % 97 === 0 ? "a needle here\n" : "";
  const text =
    kind === "json"
      ? `{"n": ${index}, "kind": "${kind}", "odd": ${index % 2 === 1}}\n`
      : `${`line of file ${index}\n`.repeat(1 + (index % 9))}${needle}`;
  return { path: `${folder}/f${index}.${kind}`, text };
});

const BYTES = FILES.reduce((sum, { text }) => sum + text.length, 0);
const LINES = FILES.reduce((sum, { text }) => sum + text.split("\n").length - 1, 0);
const NEEDLES = FILES.filter(({ text }) => text.includes("needle")).length;
const JSON_SUM = FILES.reduce((sum, { path }, n) => (path.endsWith("json") ? sum + n : sum), 0);
const FOLDERS = new Set(FILES.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
const DIRECTORIES = FOLDERS.size + new Set([...FOLDERS].map((path) => path.split("/")[1])).size + 1;

const GIT = "git -c user.name=A -c user.email=a@example.org -c init.defaultBranch=main";

describe("a tree of 5,000 files", { timeout: 120_000 }, () => {
  let vm: Vm;

  beforeAll(async () => {
    vm = await createVm();
    await Promise.all(
      [...FOLDERS].map((path) => vm.fs.mkdir(`/home/user/${path}`, { recursive: true })),
    );
    await Promise.all(FILES.map(({ path, text }) => vm.fs.writeFile(`/home/user/${path}`, text)));
  });
  afterAll(() => vm.dispose());

  async function says(line: string, expected: string | number): Promise<void> {
    const { stdout, stderr, exitCode } = await vm.exec(line);
    expect({ stdout: stdout.trim(), stderr, exitCode }).toEqual({
      stdout: String(expected),
      stderr: "",
      exitCode: 0,
    });
  }

  test("find and xargs", async () => {
    await says("find t -type f | wc -l", COUNT);
    await says("find t -type d | wc -l", DIRECTORIES);
    await says("find t -type f -print0 | xargs -0 cat | wc -lc | xargs", `${LINES} ${BYTES}`);
    await says("find t -type f | xargs grep -l needle | wc -l", NEEDLES);
    await says("find t -name '*.json' | xargs -n 100 echo | wc -l", 10);
    await says("find t -type f -size -20c | xargs cat | wc -l", shortLines());
    await says(
      "find t -type f -exec wc -c {} + | awk '$2 != \"total\" { s += $1 } END { print s }'",
      BYTES,
    );
  });

  test("rg, fd, grep -r, tree, du", async () => {
    await says("rg -l needle t | wc -l", NEEDLES);
    await says("rg -c '' t | awk -F: '{ s += $2 } END { print s }'", LINES);
    await says("rg -t json -l odd t | wc -l", COUNT / 5);
    await says("fd -e md . t | wc -l", COUNT / 5);
    await says("grep -r needle t | wc -l", NEEDLES);
    await says("tree t | tail -n 1", `${DIRECTORIES} directories, ${COUNT} files`);
    await says("ls -R t | grep -c '^f'", COUNT);
  });

  test("jq and sqlite3", async () => {
    await says(
      "find t -name '*.json' -print0 | xargs -0 jq -s 'map(.n) | add' | jq -s add",
      JSON_SUM,
    );
    await says(
      "find t -type f -printf '%f,%s\\n' > list.csv; sqlite3 -csv db 'create table f(name, size integer)' '.import list.csv f' 'select count(*), sum(size) from f'",
      `${COUNT},${BYTES}`,
    );
    await says(
      "sqlite3 db \"select count(*) from f where name like '%.md' and size > 100\"",
      FILES.filter(({ path, text }) => path.endsWith(".md") && text.length > 100).length,
    );
  });

  test("tar and zip, there and back", async () => {
    await says("tar czf t.tgz t && tar tzf t.tgz | grep -vc '/$'", COUNT);
    await says(
      "mkdir tarred && tar xzf t.tgz -C tarred && diff -r t tarred/t && echo same",
      "same",
    );
    await says(
      "zip -qr t.zip t && mkdir zipped && unzip -q t.zip -d zipped && diff -r t zipped/t && echo same",
      "same",
    );
    await says("rm -r tarred zipped && ls", ["db", "list.csv", "t", "t.tgz", "t.zip"].join("\n"));
  });

  test("git: init, commit, branch, merge, log, diff", async () => {
    await says(
      `cd t && ${GIT} init -q && ${GIT} add -A && ${GIT} commit -qm one && git ls-files | wc -l`,
      COUNT,
    );
    await says(
      `cd t && git checkout -qb topic && find . -name '*.md' -not -path './.git/*' | xargs sed -i 's/line/LINE/' && git diff --shortstat`,
      `${COUNT / 5} files changed, ${mdLines()} insertions(+), ${mdLines()} deletions(-)`,
    );
    await says(
      `cd t && ${GIT} commit -qam two && git checkout -q main && git rm -q -r 3 && ${GIT} commit -qm three && ${GIT} merge -q --no-edit topic 2>&1 | grep -c CONFLICT || true`,
      conflicts(),
    );
    await says(`cd t && git status --short | grep -c '^[DU][DU]' || true`, conflicts());
    await says(
      `cd t && git rm -q -r 3 && ${GIT} commit -qm merged && git log --format=%s | head -n 1; git log --oneline | wc -l; git status --short | wc -l; git fsck 2>&1 | grep -c error || true`,
      "merged\n4\n0\n0",
    );
  });
});

function shortLines(): number {
  return FILES.filter(({ text }) => text.length < 20).reduce(
    (sum, { text }) => sum + text.split("\n").length - 1,
    0,
  );
}

function mdLines(): number {
  return FILES.filter(({ path }) => path.endsWith(".md")).reduce(
    (sum, { text }) => sum + text.split("line of").length - 1,
    0,
  );
}

/** Files that one branch edits and the other removes. */
function conflicts(): number {
  return FILES.filter(({ path }) => path.startsWith("t/3/") && path.endsWith(".md")).length;
}

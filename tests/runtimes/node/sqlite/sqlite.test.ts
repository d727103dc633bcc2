/** node:sqlite on files of a machine: what several processes do to one database, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../../../src/index.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await createVm();
});
afterAll(() => vm?.dispose());

const PRELUDE = `
const { DatabaseSync, backup, constants } = require("node:sqlite");
const print = (...values) => console.log(JSON.stringify(values));
const thrown = (act) => {
  try {
    return act() ?? "none";
  } catch (error) {
    return [error.code, error.message];
  }
};
`;
let count = 0;

async function write(source: string): Promise<string> {
  const file = `/tmp/test-${count++}.js`;
  await vm.fs.writeFile(file, PRELUDE + source);
  return file;
}

/** What the script prints, as values; it must end well. */
async function run(source: string, args = ""): Promise<unknown> {
  const file = await write(source);
  const { stdout, stderr, exitCode } = await vm.exec(`node --no-warnings ${file} ${args}`);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("a database in a file", () => {
  test("is there for the next process, and is what the sqlite3 command reads", async () => {
    await run(`
const database = new DatabaseSync("/tmp/kept.db");
database.exec("create table t(a integer primary key, b text); insert into t(b) values ('é'), (null)");
print(database.location(), database.isTransaction);`);
    expect(
      await run(`
const database = new DatabaseSync("/tmp/kept.db", { readOnly: true });
print(database.prepare("select * from t").all());
print(thrown(() => database.exec("delete from t")));`),
    ).toEqual([
      [
        [
          { a: 1, b: "é" },
          { a: 2, b: null },
        ],
      ],
      [["ERR_SQLITE_ERROR", "attempt to write a readonly database"]],
    ]);
    const { stdout } = await vm.exec("sqlite3 /tmp/kept.db 'select * from t; pragma page_size'");
    expect(stdout).toBe("1|é\n2|\n4096\n");
  });

  test("takes ten thousand rows, and gives them back", async () => {
    const [[rows, sum]] = (await run(`
const database = new DatabaseSync("/tmp/many.db");
database.exec("create table t(a integer primary key, b text)");
const insert = database.prepare("insert into t(b) values (?)");
database.exec("begin");
for (let i = 0; i < 10_000; i++) insert.run("row " + i);
database.exec("commit");
const { n } = database.prepare("select count(*) n from t").get();
print(n, database.prepare("select a from t").all().reduce((sum, { a }) => sum + a, 0));`)) as [
      [number, number],
    ];
    expect({ rows, sum }).toEqual({ rows: 10_000, sum: 50_005_000 });
  });

  test("can be backed up while it is open", async () => {
    expect(
      await run(`
const database = new DatabaseSync(":memory:");
database.exec("create table t(a)");
const insert = database.prepare("insert into t values (?)");
for (let i = 0; i < 500; i++) insert.run("x".repeat(1000));
const turns = [];
backup(database, "/tmp/copy.db", { rate: 50, progress: (of) => turns.push(of) }).then((pages) => {
  const copy = new DatabaseSync("/tmp/copy.db");
  print(turns.length > 1, pages === turns[0].totalPages, copy.prepare("select count(*) n from t").get());
});`),
    ).toEqual([[true, true, { n: 500 }]]);
  });
});

describe("two processes on one database", () => {
  const COUNTER = `
const database = new DatabaseSync(process.argv[2], { timeout: 60_000 });
const read = database.prepare("select n from counter");
const write = database.prepare("update counter set n = ?");
for (let i = 0; i < 50; i++) {
  database.exec("begin immediate");
  write.run(read.get().n + 1);
  database.exec("commit");
}`;

  test("lose nothing of what either writes", async () => {
    const file = await write(COUNTER);
    await vm.exec(
      "sqlite3 /tmp/counter.db 'create table counter(n integer); insert into counter values(0)'",
    );
    const both = Array.from({ length: 2 }, () =>
      vm.exec(`node --no-warnings ${file} /tmp/counter.db`),
    );
    for (const { exitCode, stderr } of await Promise.all(both)) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    }
    const { stdout } = await vm.exec("sqlite3 /tmp/counter.db 'select n from counter'");
    expect(stdout).toBe("100\n");
  });

  test("nor do two threads of one process", async () => {
    await vm.exec(
      "sqlite3 /tmp/threads.db 'create table counter(n integer); insert into counter values(0)'",
    );
    const file = await write(COUNTER);
    expect(
      await run(`
const { Worker } = require("node:worker_threads");
const argv = ["/tmp/threads.db"];
const ends = [1, 2].map(() => new Promise((end, fail) => {
  new Worker(${JSON.stringify(file)}, { argv }).on("exit", end).on("error", fail);
}));
Promise.all(ends).then((codes) => {
  print(codes, new DatabaseSync(argv[0]).prepare("select n from counter").get());
});`),
    ).toEqual([[[0, 0], { n: 100 }]]);
  });

  test("wait for each other as long as they were told", async () => {
    expect(
      await run(`
const [a, b] = [0, 20].map((timeout) => new DatabaseSync("/tmp/locked.db", { timeout }));
a.exec("create table t(a); begin immediate");
print(thrown(() => b.exec("begin immediate")));
a.exec("commit");
print(thrown(() => b.exec("begin immediate")));`),
    ).toEqual([[["ERR_SQLITE_ERROR", "database is locked"]], ["none"]]);
  });

  test("a connection that only reads does not stand in the way of one that writes", async () => {
    expect(
      await run(`
new DatabaseSync("/tmp/mixed.db").exec("create table t(a); insert into t values (1), (2)");
const reader = new DatabaseSync("/tmp/mixed.db", { readOnly: true });
const rows = reader.prepare("select a from t").iterate();
rows.next();
const writer = new DatabaseSync("/tmp/mixed.db");
writer.exec("begin immediate; insert into t values (3)");
print(thrown(() => writer.exec("commit")));
print([...rows].length);
print(thrown(() => writer.exec("commit")), reader.prepare("select count(*) n from t").get());`),
    ).toEqual([[["ERR_SQLITE_ERROR", "database is locked"]], [1], ["none", { n: 3 }]]);
  });

  test("one that is killed within a transaction leaves what was there before", async () => {
    const file = await write(`
const database = new DatabaseSync("/tmp/killed.db");
database.exec("create table t(a primary key, b); pragma cache_size = 5");
const insert = database.prepare("insert into t values (?, ?)");
for (let i = 0; i < 200; i++) insert.run(i, "kept".repeat(100));
database.exec("begin; update t set b = 'changed'; delete from t where a % 2 = 0");
for (let i = 1000; i < 3000; i++) insert.run(i, "new".repeat(500));
// Pages of it are in the file by now, and a journal beside it.
process.kill(process.pid, "SIGKILL");`);
    const { exitCode } = await vm.exec(`node --no-warnings ${file}`);
    expect(exitCode).toBe(137);
    const before = await vm.exec("ls /tmp/killed.db-journal");
    expect(before.exitCode).toBe(0);
    expect(
      await run(`
const database = new DatabaseSync("/tmp/killed.db");
print(database.prepare("pragma integrity_check").get());
print(database.prepare("select count(*) n, max(a) last, max(b) = min(b) same from t").get());
print(require("fs").existsSync("/tmp/killed.db-journal"));`),
    ).toEqual([[{ integrity_check: "ok" }], [{ n: 200, last: 199, same: 1 }], [false]]);
  });
});

describe("what there is not", () => {
  test("WAL, unless one connection has the database for itself", async () => {
    expect(
      await run(`
const database = new DatabaseSync("/tmp/wal.db");
print(database.prepare("pragma journal_mode = wal").get());
database.exec("pragma locking_mode = exclusive");
print(database.prepare("pragma journal_mode = wal").get());
database.exec("create table t(a)");
print(thrown(() => new DatabaseSync("/tmp/wal.db").exec("select * from t")));
print(thrown(() => database.exec("insert into t values (1)")));`),
    ).toEqual([
      [{ journal_mode: "delete" }],
      [{ journal_mode: "wal" }],
      [["ERR_SQLITE_ERROR", "database is locked"]],
      ["none"],
    ]);
  });

  test("extensions", async () => {
    expect(
      await run(`
const database = new DatabaseSync(":memory:", { allowExtension: true });
print(thrown(() => database.loadExtension("/tmp/x.so")));
print(thrown(() => database.exec("select 1")));`),
    ).toEqual([
      [
        [
          "ERR_LOAD_SQLITE_EXTENSION",
          "/tmp/x.so cannot be loaded: extensions are native code, and a machine runs none",
        ],
      ],
      ["none"],
    ]);
  });
});

describe("a database in memory", () => {
  test("is its connection's alone", async () => {
    expect(
      await run(`
const [a, b] = [new DatabaseSync(":memory:"), new DatabaseSync(":memory:")];
a.exec("create table t(a)");
print(thrown(() => b.exec("select * from t")), a.location());
a.close();
print(thrown(() => a.exec("select 1")), a.isOpen);`),
    ).toEqual([
      [["ERR_SQLITE_ERROR", "no such table: t"], null],
      [["ERR_INVALID_STATE", "database is not open"], false],
    ]);
  });

  test("calls functions of the program, which may ask it in turn, and throw", async () => {
    expect(
      await run(`
const database = new DatabaseSync(":memory:");
const twice = database.prepare("select ? * 2 n");
database.function("twice", (n) => twice.get(n).n);
database.function("fails", () => { throw new RangeError("no"); });
database.aggregate("joined", { start: "", step: (all, one) => all + one });
print(database.prepare("select twice(21) n").get());
print(thrown(() => database.exec("select fails()")));
print(database.prepare("select joined(value) all_of from json_each('[1,2,3]')").get());`),
    ).toEqual([[{ n: 42 }], [[null, "no"]], [{ all_of: "123" }]]);
  });

  test("tells another of its changes", async () => {
    expect(
      await run(`
const [a, b] = [new DatabaseSync(":memory:"), new DatabaseSync(":memory:")];
for (const one of [a, b]) one.exec("create table t(k integer primary key, v)");
const session = a.createSession();
a.exec("insert into t values (1, 'a'), (2, 'b')");
b.exec("insert into t values (1, 'other')");
const kinds = [];
const onConflict = (kind) => { kinds.push(kind); return constants.SQLITE_CHANGESET_REPLACE; };
print(b.applyChangeset(session.changeset(), { onConflict }));
print(kinds[0] === constants.SQLITE_CHANGESET_CONFLICT, b.prepare("select * from t").all());`),
    ).toEqual([
      [true],
      [
        true,
        [
          { k: 1, v: "a" },
          { k: 2, v: "b" },
        ],
      ],
    ]);
  });
});

/** Commands that are not part of the Worker run in Workers of their own, made by the Worker Loader. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EdgeClient, TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

const VARS = { ISOPOD_TOKEN: TOKEN };

describe("with the binding", () => {
  let server: EdgeServer;
  let client: EdgeClient;

  beforeAll(async () => {
    server = await EdgeServer.start({ vars: VARS });
    client = new EdgeClient(server);
    await client.create("one");
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test.each([
    ["date -u -d @0 +%Y", "1970\n"],
    ["printf 'abc' | sha256sum | cut -c 1-8", "ba7816bf\n"],
    ["echo 'a needle b' > /tmp/hay; rg -o needle /tmp/hay", "needle\n"],
    ["seq 1 5 | join - <(seq 3 7)", "3\n4\n5\n"],
    ["yes loaded | nl 2> /dev/null | head -n 3 | tail -n 1", "     3\tloaded\n"],
    ["echo 6*7 | bc", "42\n"],
    ["sqlite3 /tmp/db 'create table t(a); insert into t values(3); select a+1 from t'", "4\n"],
    ["env -i X=1 printenv X; factor 91 || echo $?", "1\n91: 7 13\n"],
  ])("%s", async (command, stdout) => {
    expect(await client.exec("one", command)).toMatchObject({ exitCode: 0, stdout, stderr: "" });
  });

  test("one that only computes is ended", async () => {
    const query =
      "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c";
    const command = `sqlite3 :memory: '${query}' & sleep 0.2; kill $!; wait $!; echo $?`;
    expect(await client.output("one", command)).toBe("143\n");
  });

  test("a program that a user brings", async () => {
    expect(await client.output("one", "cp /usr/bin/date /tmp/mine; /tmp/mine -u -d @0 +%m")).toBe(
      "01\n",
    );
  });

  test("a file that only looks like one", async () => {
    const command = "printf '\\0asm\\1\\0\\0\\0junk' > /tmp/bad; chmod +x /tmp/bad; /tmp/bad";
    const { exitCode, stderr } = await client.exec("one", command);
    expect(exitCode).toBe(126);
    expect(stderr).toMatch(/\/tmp\/bad: cannot execute/);
  });

  test("it waits for input, and a signal ends it", async () => {
    const command = "(sleep 0.2; echo 5) | factor; sleep 0.5 | nl & kill $!; wait $!; echo $?";
    expect(await client.output("one", command)).toBe("5: 5\n143\n");
  });
});

test("without the binding: the command says which one it needs", async () => {
  await using server = await EdgeServer.start({ vars: VARS, loader: false });
  const client = new EdgeClient(server);
  await client.create("one");
  const { exitCode, stderr } = await client.exec("one", "date");
  expect(exitCode).toBe(126);
  expect(stderr).toContain("/usr/bin/date: cannot execute");
  expect(stderr).toContain("Worker Loader binding named LOADER");
  expect(await client.output("one", "ls /tmp | wc -l")).toBe("0\n");
});

test("without the assets: the command says that its file cannot be read", async () => {
  await using server = await EdgeServer.start({ vars: VARS, assets: false });
  const client = new EdgeClient(server);
  await client.create("one");
  const { exitCode, stderr } = await client.exec("one", "date");
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("/usr/bin/date");
  expect(await client.output("one", "echo still | cat")).toBe("still\n");
});

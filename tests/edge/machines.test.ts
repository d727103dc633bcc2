/** What a machine in a Durable Object does, asked over HTTP: commands, streams, pipelines, files. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EdgeClient, Screen, TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

let server: EdgeServer;
let client: EdgeClient;

beforeAll(async () => {
  server = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN } });
  client = new EdgeClient(server);
  await client.create("one");
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe("commands", () => {
  test.each([
    ["echo hello $((6 * 7))", "hello 42\n"],
    ["ls /usr/bin | grep '^zi'", "zip\n"],
    ["printf '%s\\n' pear apple fig | sort | head -n 1", "apple\n"],
    ["seq 1 1000 | awk '{ s += $1 } END { print s }'", "500500\n"],
    ["echo a.b | sed 's/[.]/-/' | tr a-z A-Z", "A-B\n"],
    ["find /etc -name 'pass*' | xargs wc -l | awk '{ print $2 }'", "/etc/passwd\n"],
    ["echo '{\"a\":[1,2]}' | jq -c '.a | map(. * 2)'", "[2,4]\n"],
    ["cd /tmp && mkdir -p d && echo x > d/f && tar cf - d | tar tf -", "d/\nd/f\n"],
    ["for i in 1 2 3; do sleep 0.01; echo $i; done | tail -n 1", "3\n"],
    ["(sleep 0.05; echo late) & echo early; wait", "early\nlate\n"],
    ["echo 6 | qjs -e 'print(std.in.getline() * 7)'", "42\n"],
    ["yes | head -n 3 | uniq -c | awk '{ print $1, $2 }'", "3 y\n"],
  ])("%s", async (command, stdout) => {
    expect(await client.exec("one", command)).toMatchObject({ exitCode: 0, stdout, stderr: "" });
  });

  test("a status and what a command says of its error", async () => {
    const result = await client.exec("one", "ls /none; exit 7");
    expect(result.exitCode).toBe(7);
    expect(result.stderr).toContain("No such file or directory");
  });

  test("output is streamed while the command runs", async () => {
    await client.output("one", "mkfifo /tmp/gate");
    const command = "echo first; cat /tmp/gate; echo last";
    const response = await client.execRaw("one", command, "application/x-ndjson");
    const events = eventsOf(response);
    const before = await readUntil(events, (event) => event.data === "first\n");
    expect(before.at(-1)).toEqual({ type: "stdout", data: "first\n" });
    await client.output("one", "echo middle > /tmp/gate");
    const after = await readUntil(events, (event) => event.type === "exit");
    expect(after.map(({ data }) => data).join("")).toBe("middle\nlast\n");
    expect(after.at(-1)).toMatchObject({ exitCode: 0 });
  });

  test("a client that vanishes in mid-stream takes its command along", async () => {
    const abort = new AbortController();
    const command = "echo $$ > /tmp/endless; while :; do echo line; sleep 0.01; done";
    const response = await client.execRaw("one", command, "application/x-ndjson", abort.signal);
    await readUntil(eventsOf(response), (event) => event.data?.includes("line") ?? false);
    const pid = (await client.output("one", "cat /tmp/endless")).trim();
    expect(await client.output("one", `[ -d /proc/${pid} ] && echo runs`)).toBe("runs\n");
    abort.abort();
    await expect
      .poll(() => client.output("one", `[ -d /proc/${pid} ] || echo gone`))
      .toBe("gone\n");
  });
});

describe("programs that only compute", () => {
  const LOOP = "awk 'BEGIN { while (1); }'";

  test("leave the machine to others, and are ended", async () => {
    const endless = client.execRaw(
      "one",
      `${LOOP} & echo $! > /tmp/loop; wait $!; echo $?`,
      "text/plain",
    );
    await expect
      .poll(() => client.output("one", "cat /tmp/loop 2> /dev/null || true"))
      .toMatch(/^\d+\n$/);
    expect(await client.output("one", "ls /tmp/loop; kill -9 $(cat /tmp/loop)")).toBe(
      "/tmp/loop\n",
    );
    expect(await (await endless).text()).toBe("137\n");
  });

  test("so are those that grow", async () => {
    const grow = "awk 'BEGIN { s = \"x\"; while (1) s = s s }'";
    const { exitCode } = await client.exec("one", grow);
    expect(exitCode).not.toBe(0);
    expect(await client.output("one", "echo alive | cat")).toBe("alive\n");
  });
});

describe("files", () => {
  test("a file goes in and comes out, whole and in ranges", async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff);
    const path = "/vms/one/files/home/user/data.bin";
    expect((await client.fetch(path, { method: "PUT", body: bytes })).status).toBe(201);
    const whole = await client.fetch(path);
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);
    const range = await client.fetch(path, { headers: { range: "bytes=1000-1999" } });
    expect(range.status).toBe(206);
    expect(new Uint8Array(await range.arrayBuffer())).toEqual(bytes.slice(1000, 2000));
    expect(await client.output("one", "wc -c < /home/user/data.bin")).toBe("300000\n");
  });

  test("a command of the image is a file as well, fetched when it is read", async () => {
    expect(await client.output("one", "head -c 4 /usr/bin/ls | od -c | head -n 1")).toContain("a");
    expect(await client.output("one", "cat /usr/bin/ls | wc -c")).toMatch(/^\d{7}\n$/);
  });
});

describe("terminals", () => {
  test("a shell on a terminal, with its size and Ctrl-C", async () => {
    const socket = await client.open("/vms/one/terminal?cols=100&rows=30");
    const screen = new Screen(socket);
    screen.type("stty size\r");
    await screen.shows("30 100");
    socket.send(JSON.stringify({ type: "resize", cols: 90, rows: 20 }));
    screen.type("stty size\r");
    await screen.shows("20 90");
    screen.type("sleep 1000\r");
    await expect.poll(() => client.output("one", "pgrep -x sleep || true")).toMatch(/^\d+\n$/);
    screen.type("\x03");
    screen.type("echo status $?\r");
    await screen.shows("status 130");
    screen.type("exit 3\r");
    await screen.shows('"exitCode":3');
  });
});

describe("what is not there", () => {
  test("a machine that nobody made", async () => {
    const response = await client.execRaw("nobody", "true", "application/json");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "ERR_NO_SUCH_MACHINE" } });
  });

  test("a name that is taken", async () => {
    const body = JSON.stringify({ name: "one" });
    expect((await client.fetch("/vms", { method: "POST", body })).status).toBe(409);
  });

  test("a machine that was removed, and its name again", async () => {
    await client.create("short");
    await client.output("short", "echo x > /home/user/x");
    expect((await client.fetch("/vms/short", { method: "DELETE" })).status).toBe(204);
    expect((await client.execRaw("short", "true", "application/json")).status).toBe(404);
    await client.create("short");
    expect((await client.exec("short", "cat /home/user/x")).exitCode).toBe(1);
  });
});

interface Event {
  readonly type: string;
  readonly data?: string;
}

async function* eventsOf(response: Response): AsyncGenerator<Event> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Event;
  }
}

/** The events until one is the last that was wanted. */
async function readUntil(
  events: AsyncGenerator<Event>,
  isLast: (event: Event) => boolean,
): Promise<Event[]> {
  const read: Event[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`the stream ended: ${JSON.stringify(read)}`);
    read.push(value);
    if (isLast(value)) return read;
  }
}

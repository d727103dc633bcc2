/** Tools of the embedder's as commands of a machine: help, flags, JSON, results, failures. */
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  connect,
  createVm,
  memoryStore,
  serveMachines,
  type ToolContext,
  tool,
  type Vm,
} from "../../../src/index.ts";

const seen: Record<string, unknown> = {};
const aborted: string[] = [];
const started = Promise.withResolvers<void>();
let vm: Vm;

const weather = tool({
  description: "The weather of the coming days in a city.\n\nAsk it before you go out.",
  input: z.object({
    city: z.string().describe("Its name").min(2),
    days: z.int().min(1).max(7).default(3).describe("How many"),
    units: z.enum(["celsius", "kelvin"]).optional(),
    hourly: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
    limits: z.array(z.number()).optional(),
    place: z.object({ lat: z.number(), longDegrees: z.number() }).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    output: z.string().optional(),
  }),
  examples: [
    { city: "New York", hourly: true, days: 2 },
    { city: "Rome", place: { lat: 1 } },
  ],
  run: (input) => input,
});

beforeAll(async () => {
  vm = await createVm({
    env: { LANG: "de_DE", SECRET: "s" },
    tools: {
      weather,
      valibot: tool({
        description: "By valibot",
        input: toStandardJsonSchema(v.object({ name: v.pipe(v.string(), v.minLength(3)) })),
        run: ({ name }) => name.toUpperCase(),
      }),
      arktype: tool({
        description: "By arktype",
        input: type({ count: "1 <= number.integer <= 5" }),
        run: ({ count }) => count * 2,
      }),
      plain: tool({
        description: "By JSON Schema",
        input: {
          type: "object",
          properties: {
            name: { type: "string", pattern: "^[a-z]+$", default: "nobody" },
            deep: {
              type: "object",
              properties: { list: { type: "array", items: { type: "integer" } } },
            },
          },
          additionalProperties: false,
        },
        run: (input) => input,
      }),
      about: tool({
        description: "What it knows",
        env: ["LANG"],
        run: (_, { vm: own, cwd, env, asker }) => ({
          same: own === vm,
          cwd,
          env,
          command: asker.command,
          pid: asker.pid > 1,
        }),
      }),
      text: tool({ description: "Text", run: () => "some text" }),
      bytes: tool({ description: "Bytes", run: () => Uint8Array.of(0, 255, 10) }),
      nothing: tool({ description: "Nothing", run: () => {} }),
      numbers: tool({
        description: "A stream of data",
        async *run() {
          for (let i = 0; i < 3; i++) yield { i };
        },
      }),
      lines: tool({
        description: "A stream of text",
        async *run() {
          yield "one\n";
          yield new TextEncoder().encode("two\n");
        },
      }),
      writer: tool({
        description: "Writes and then returns",
        async run(_, { write }) {
          await write("at work\n");
          return { done: true };
        },
      }),
      upper: tool({
        description: "Reads standard input",
        async *run(_, { stdin }) {
          const decoder = new TextDecoder();
          for await (const bytes of stdin ?? []) yield decoder.decode(bytes).toUpperCase();
        },
      }),
      endless: tool({
        description: "Writes for ever",
        async *run() {
          for (seen["endless"] = 0; ; (seen["endless"] as number)++) yield "x".repeat(65_536);
        },
      }),
      hang: tool({ description: "Hangs", timeout: 200, run: () => new Promise(() => {}) }),
      patient: tool({
        description: "Waits until it is told to stop",
        run: (_, { signal }: ToolContext) =>
          new Promise((_, reject) => {
            started.resolve();
            signal.addEventListener("abort", () => {
              aborted.push(signal.reason.name);
              reject(signal.reason);
            });
          }),
      }),
      throws: tool({
        description: "Throws",
        run: () => {
          throw new Error("the service is closed on Sundays");
        },
      }),
      wrong: tool({
        description: "Breaks its promise",
        output: z.object({ degrees: z.number() }),
        run: () => ({ degrees: "many" }),
      }),
      github: {
        search: tool({ description: "Finds things.\nMore of it.", run: () => ["a", "b"] }),
        issues: {
          list: tool({ description: "Lists them", run: () => ({ open: 2, state: "ok" }) }),
        },
      },
    },
  });
});

afterAll(() => vm.dispose());

const run = async (line: string, stdin?: string) => {
  const { stdout, stderr, exitCode } = await vm.exec(line, { ...(stdin && { stdin }) });
  return { stdout, stderr, exitCode };
};
const data = async (line: string, stdin?: string) => {
  const { stdout, stderr, exitCode } = await run(line, stdin);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout);
};
const usage = async (line: string, stdin?: string) => {
  const { stdout, stderr, exitCode } = await run(line, stdin);
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  return stderr;
};

describe("help", () => {
  test("says what a schema says", async () => {
    const { stdout, exitCode } = await run("weather --help");
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`The weather of the coming days in a city.

Ask it before you go out.

Usage: weather CITY [OPTIONS]
       weather --json JSON, or JSON on standard input without any option

Input:
  --city TEXT               Its name (required; characters: at least 2)
  --days INTEGER            How many (at least 1; at most 7; default: 3)
  --units celsius|kelvin    one of "celsius", "kelvin"
  --[no-]hourly             true or false
  --tags TEXT ...           (may be given several times)
  --limits NUMBER ...       (may be given several times)
  --place.lat NUMBER        a number
  --place.long-degrees NUMBER
                            a number
  --labels JSON             a JSON object
  --arg.output TEXT         text

Options:
  --json JSON               the input as JSON; - reads it from standard input
  --output json|text        how the result is written
  --help                    this text

Examples:
  weather --city 'New York' --hourly --days 2
  weather --json '{"city":"Rome","place":{"lat":1}}'

Exit status: 0 done, 1 the tool failed, 2 the input does not fit.
`);
  });

  test("of a group lists its tools, and a wrong word among them fails", async () => {
    expect((await run("github --help")).stdout).toBe(`Usage: github COMMAND [OPTIONS]

Commands:
  issues list               Lists them
  search                    Finds things.

'github COMMAND --help' tells more.
`);
    expect(await run("github")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^Usage/),
    });
    expect(await usage("github nope")).toBe(
      'github: there is no "nope"; there are: issues list, search\n',
    );
    expect((await run("github issues list --help")).stdout).toMatch(/Usage: github issues list/);
  });
});

describe("input", () => {
  test.each([
    ["weather Paris", { city: "Paris", days: 3 }],
    ["weather --city=Paris --days=2", { city: "Paris", days: 2 }],
    ["weather --city Paris --hourly", { city: "Paris", days: 3, hourly: true }],
    ["weather --no-hourly -- --Paris", { city: "--Paris", days: 3, hourly: false }],
    ["weather Paris --hourly=false", { city: "Paris", days: 3, hourly: false }],
    ["weather Paris --tags a --tags=b", { city: "Paris", days: 3, tags: ["a", "b"] }],
    ["weather Paris --limits -1.5 --limits 2e3", { city: "Paris", days: 3, limits: [-1.5, 2000] }],
    [
      "weather Paris --place.lat 1 --place.long-degrees 2",
      { city: "Paris", days: 3, place: { lat: 1, longDegrees: 2 } },
    ],
    [
      `weather Paris --place '{"lat":1,"longDegrees":2}'`,
      { city: "Paris", days: 3, place: { lat: 1, longDegrees: 2 } },
    ],
    ["weather Paris --labels.env prod", { city: "Paris", days: 3, labels: { env: "prod" } }],
    ["weather Paris --arg.output x --output json", { city: "Paris", days: 3, output: "x" }],
    [`weather --json '{"city":"Rome","days":1}' --days 2`, { city: "Rome", days: 2 }],
    [`echo '{"city":"Oslo"}' | weather`, { city: "Oslo", days: 3 }],
    [`echo '{"city":"Oslo"}' | weather --json - --days 1`, { city: "Oslo", days: 1 }],
    ["plain", { name: "nobody" }],
    ["plain --deep.list 1 --deep.list 2 --name x", { name: "x", deep: { list: [1, 2] } }],
  ])("%s", async (line, expected) => {
    expect(await data(line)).toEqual(expected);
  });

  test("of a schema that holds itself", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `child${i}`);
    const node = {
      type: "object",
      properties: {
        value: { type: "number" },
        ...Object.fromEntries(names.map((name) => [name, { $ref: "#/$defs/node" }])),
      },
      additionalProperties: false,
    };
    const grow = tool({
      description: "A tree",
      input: { ...node, $defs: { node } },
      run: (input) => input,
    });
    await using own = await createVm({ tools: { grow } });
    const { stdout } = await own.exec("grow --child0.child1.child2.value 3 --value 1");
    expect(JSON.parse(stdout)).toEqual({
      ...{ value: 1, child0: { child1: { child2: { value: 3 } } } },
    });
    expect((await own.exec("grow --help")).stdout.length).toBeLessThan(20_000);
    const types = await own.fs.readFile("/usr/local/lib/isopod/tools.d.ts", "utf8");
    expect(types.length).toBeLessThan(20_000);
    expect((await own.exec("grow --child1.vlaue 3")).stderr).toMatch(/did you mean --child1.value/);
  });

  test("of other schema libraries", async () => {
    expect((await run("valibot anna")).stdout).toBe("ANNA\n");
    expect(await usage("valibot al")).toMatch(/--name: Invalid length: Expected >=3/);
    expect((await run("arktype 4")).stdout).toBe("8\n");
    expect(await usage("arktype 9")).toMatch(/--count: count must be at most 5 \(was 9\)/);
    expect(await usage("plain --name A1")).toMatch(/--name: String does not match pattern/);
    expect(await usage("echo '{\"nmae\":1}' | plain --json -")).toMatch(/nmae/);
  });

  test.each([
    ["weather", "--city is required"],
    ["weather Paris --days x", '--days: "x" is not a whole number'],
    ["weather Paris --days 1.5", '--days: "1.5" is not a whole number'],
    ["weather Paris --units feet", '--units: "feet" is not one of "celsius", "kelvin"'],
    ["weather Paris --ctiy Rome", 'there is no flag "--ctiy"; did you mean --city?'],
    ["weather Paris --days", "--days needs a value: a whole number"],
    ["weather --city --days 3", 'and "--days" looks like a flag; write --city=--days'],
    ["weather Paris Rome", 'unexpected argument "Rome"'],
    ["weather Paris --days 1 --days 2", "--days is given twice"],
    ["weather Paris -x", "flags begin with two dashes"],
    ["weather --json '[1]'", "the input is a JSON object"],
    ["weather --json '{'", "--json: this is no JSON"],
    ["weather --output xml Paris", '"xml" is neither json nor text'],
    ["text --any", "this tool takes no input"],
    ["weather Paris --days 9007199254740993", "a number that JavaScript can hold"],
  ])("%s is refused and says why", async (line, expected) => {
    expect(await usage(line)).toContain(expected);
  });

  test("what a schema finds is told by flags, or by names where it came as JSON", async () => {
    expect(await usage("weather Paris --days 9")).toBe(
      "weather: the input does not fit:\n  --days: Too big: expected number to be <=7\n",
    );
    expect(await usage(`weather --json '{"city":"Paris","place":{"lat":"x"}}'`)).toMatch(
      /\n {2}place.lat: Invalid input: expected number, received string\n/,
    );
  });
});

describe("results", () => {
  test("are JSON, text, bytes or nothing", async () => {
    expect((await run("text")).stdout).toBe("some text\n");
    expect((await run("text --output json")).stdout).toBe('"some text"\n');
    expect(await run("nothing")).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    const { stdout } = await vm.exec("bytes", { encoding: "buffer" });
    expect([...stdout]).toEqual([0, 255, 10]);
    expect((await run("github issues list")).stdout).toBe('{"open":2,"state":"ok"}\n');
    expect((await run("github issues list --output text")).stdout).toBe("open: 2\nstate: ok\n");
    expect((await run("github search --output text")).stdout).toBe("a\nb\n");
  });

  test("stream as they come", async () => {
    expect((await run("numbers")).stdout).toBe('{"i":0}\n{"i":1}\n{"i":2}\n');
    expect((await run("lines")).stdout).toBe("one\ntwo\n");
    expect((await run("writer")).stdout).toBe('at work\n{"done":true}\n');
    expect((await run("printf 'a\\nb' | upper")).stdout).toBe("A\nB");
  });

  test("stop where nobody reads", async () => {
    expect((await run("endless | head -c 10 | wc -c")).stdout.trim()).toBe("10");
    const ahead = seen["endless"] as number;
    expect(ahead).toBeLessThan(100);
  });

  test("know their caller", async () => {
    expect(await data("cd /tmp && about")).toEqual({
      ...{ same: true, cwd: "/tmp", env: { LANG: "de_DE" }, command: "about", pid: true },
    });
  });
});

describe("failures", () => {
  test.each([
    ["throws", "throws: the service is closed on Sundays\n"],
    ["hang", "hang: it took longer than 0.2 seconds\n"],
    [
      "wrong",
      "wrong: its result does not fit its schema: degrees: Invalid input: expected number, received string\n",
    ],
  ])("%s", async (line, stderr) => {
    expect(await run(line)).toEqual({ stdout: "", stderr, exitCode: 1 });
  });

  test("a signal ends the call on both sides", async () => {
    const command = await vm.spawn(["patient"]);
    await started.promise;
    await command.kill("SIGINT");
    expect(await command.exit).toMatchObject({ signal: "SIGINT" });
    await expect.poll(() => aborted).toEqual(["AbortError"]);
  });
});

describe("names and files", () => {
  test("a command is a file that leads to the tool, whatever it is called", async () => {
    expect((await run("cat /usr/local/bin/weather")).stdout).toBe("#!isopod:tool:weather\n");
    expect((await run("cp /usr/local/bin/text /tmp/other; /tmp/other")).stdout).toBe("some text\n");
    expect((await run("which text; stat -c '%U %a' /usr/local/bin/text")).stdout).toBe(
      "/usr/local/bin/text\nroot 755\n",
    );
    expect((await run("cat /usr/local/lib/isopod/tools.d.ts")).stdout).toContain(
      'units?: "celsius" | "kelvin"; hourly?: boolean; tags?: string[];',
    );
  });

  test.each([
    [{ ls: weather }, "would stand in front of /usr/bin/ls"],
    [{ cd: weather }, "a word of the shell"],
    [{ while: weather }, "a word of the shell"],
    [{ "mcp-tools": weather }, "of Isopod"],
  ])("%j is refused", async (tools, expected) => {
    await expect(createVm({ tools })).rejects.toThrow(expected);
  });

  test("override lets one stand in front of a command of the image's", async () => {
    const ls = tool({ description: "x", override: true, run: () => "mine" });
    await using own = await createVm({ tools: { ls } });
    expect((await own.exec("ls")).stdout).toBe("mine\n");
  });

  test("wrong tools are refused with what to do", async () => {
    const bad = (tools: unknown) => createVm({ tools: tools as never });
    const text = { description: "x", run: () => 1 };
    await expect(bad({ "a b": tool(text) })).rejects.toThrow(/tools\.a b must be named/);
    await expect(bad({ constructor: tool(text) })).rejects.toThrow(
      /tools\.constructor must be named otherwise/,
    );
    await expect(bad({ a: text })).rejects.toThrow(/made by tool\(\)/);
    await expect(bad({ a: tool({ run: () => 1 } as never) })).rejects.toThrow(/a\.description/);
    await expect(bad({ a: tool({ ...text, inptu: 1 } as never) })).rejects.toThrow(
      /no option inptu/,
    );
    const string = tool({ ...text, input: z.string() as never });
    await expect(bad({ a: string })).rejects.toThrow(/a schema of an object/);
    const bare = tool({ ...text, input: v.object({}) });
    await expect(bad({ a: bare })).rejects.toThrow(/valibot that tells no JSON Schema.*toStandard/);
    const both = { a_b: tool(text), a: { b: tool(text) } };
    await expect(bad(both)).rejects.toThrow(/a_b and a\.b have the same name in MCP/);
  });

  test("tools come and go while the machine runs", async () => {
    await using own = await createVm();
    expect((await own.exec("hi")).exitCode).toBe(127);
    await own.tools.add({ hi: tool({ description: "Greets", run: () => "hello" }) });
    expect(own.tools.list()).toEqual(["hi"]);
    expect((await own.exec("hi")).stdout).toBe("hello\n");
    await using fork = await own.fork();
    expect((await fork.exec("hi")).stdout).toBe("hello\n");
    expect(await own.tools.remove("hi")).toBe(true);
    expect((await own.exec("hi; ls /usr/local/bin /usr/local/lib")).stdout).not.toContain("hi");
    expect(await own.tools.remove("hi")).toBe(false);
  });

  test("a name that is refused while it runs changes nothing", async () => {
    const hi = tool({ description: "Greets", run: () => "hello" });
    await using own = await createVm({ tools: { hi } });
    await expect(own.tools.add({ ls: hi })).rejects.toMatchObject({ code: "ERR_TOOL_NAME" });
    expect(own.tools.list()).toEqual(["hi"]);
    expect((await own.exec("hi")).stdout).toBe("hello\n");
  });

  test("a machine elsewhere has the tools of the process that serves it", async () => {
    const { port1, port2 } = new MessageChannel();
    const stop = serveMachines(port1);
    const hi = tool({ description: "Greets", run: () => "hello" });
    const there = connect(port2);
    const refusal = { code: "ERR_NOT_ON_THIS_HOST" };
    await expect(there.createVm({ tools: { hi } } as never)).rejects.toMatchObject(refusal);
    await using own = await there.createVm();
    await expect(own.tools.add({ hi })).rejects.toMatchObject(refusal);
    stop();
  });

  test("calls end when their machine is switched off", async () => {
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    const waits = tool({
      description: "Waits",
      run: (_, { signal }) => {
        begun.resolve();
        signal.addEventListener("abort", () => ended.resolve(signal.reason.name));
        return new Promise(() => {});
      },
    });
    const own = await createVm({ tools: { waits } });
    const call = expect(own.exec("waits")).rejects.toMatchObject({ code: "ERR_VM_DISPOSED" });
    await begun.promise;
    await own.dispose();
    expect(await ended.promise).toBe("AbortError");
    await call;
  });

  test("a machine that is continued has the tools that it is given, and no others", async () => {
    const store = memoryStore("tools-come-and-go");
    const old = tool({ description: "x", run: () => "old" });
    const first = await createVm({ store, name: "m", tools: { old, both: old } });
    expect((await first.exec("old; both")).stdout).toBe("old\nold\n");
    await first.dispose();
    const both = tool({ description: "x", run: () => "new" });
    await using second = await createVm({ store, name: "m", tools: { both } });
    expect(await second.exec("both; old")).toMatchObject({ stdout: "new\n", exitCode: 127 });
  });

  test("a policy may refuse a tool, with its reason", async () => {
    const one = tool({ description: "x", run: () => "one" });
    await using own = await createVm({
      tools: { one, two: one },
      permissions: { tools: ["one"], listen: "deny" },
    });
    const config = await own.fs.readFile("/usr/local/lib/isopod/mcp.json", "utf8");
    expect(Object.keys(JSON.parse(config).mcpServers)).toEqual(["tools"]);
    expect((await own.exec("one")).stdout).toBe("one\n");
    const { stderr, exitCode } = await own.exec("two");
    expect({ stderr, exitCode }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/^two: not permitted: .*permissions\.tools/),
    });
  });
});

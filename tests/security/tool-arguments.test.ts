/**
 * What a hostile program may hand to a tool of the embedder's, and a hostile result to a terminal. Arguments
 * and results are data: each refusal stands beside the input that is taken.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createVm, tool, type Vm } from "../../src/index.ts";

let vm: Vm;
/** What the embedder's function was called with. */
let inputs: unknown[] = [];
let result: unknown;

beforeAll(async () => {
  vm = await createVm({
    tools: {
      take: tool({
        description: "Takes anything",
        input: { type: "object", additionalProperties: true },
        timeout: 30_000,
        run: (input) => {
          inputs.push(input);
          // As careless code does it.
          const copy = merge({}, input);
          return Object.keys(copy as object).length;
        },
      }),
      strict: tool({
        description: "Takes two things",
        input: {
          type: "object",
          properties: { text: { type: "string" }, nested: { type: "object" } },
          additionalProperties: false,
        },
        run: ({ text }) => {
          inputs.push(text);
          return "taken";
        },
      }),
      give: tool({ description: "Gives what it was told to", run: () => result }),
      forever: tool({
        description: "Goes on",
        async *run() {
          try {
            for (;;) yield "x".repeat(100_000);
          } finally {
            inputs.push("ended");
          }
        },
      }),
      piece: tool({
        description: "Gives it in pieces",
        async *run() {
          for (const byte of new TextEncoder().encode(String(result))) yield Uint8Array.of(byte);
        },
      }),
    },
  });
});

beforeEach(() => {
  inputs = [];
});

afterAll(() => vm.dispose());

/** A merge that follows `__proto__`, which reaches Object.prototype where it is let. */
function merge(target: Record<string, unknown>, source: unknown): unknown {
  for (const [name, value] of Object.entries(source as object)) {
    if (typeof value === "object" && value !== null) {
      merge((target[name] ??= {}) as Record<string, unknown>, value);
    } else target[name] = value;
  }
  return target;
}

async function run(line: string, stdin?: string | Uint8Array) {
  const { stdout, stderr, exitCode } = await vm.exec(line, stdin === undefined ? {} : { stdin });
  return { stdout, stderr, exitCode };
}

describe("prototypes", () => {
  test.each([
    ['{"__proto__":{"polluted":1}}', "__proto__"],
    ['{"a":{"b":[{"__proto__":{"polluted":1}}]}}', "__proto__"],
    ['{"constructor":{"prototype":{"polluted":1}}}', "constructor"],
    ['{"\\u005f_proto__":{"polluted":1}}', "__proto__"],
  ])("%s reaches no tool", async (json, name) => {
    const { stderr, exitCode } = await run("take --json -", json);
    expect({ stderr, exitCode, inputs }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining(`"${name}" is not a name that a property may have`),
      inputs: [],
    });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each([
    "take --__proto__.polluted 1",
    "take --__proto__=1",
    "take --a.__proto__.polluted 1",
    "take --constructor.prototype.polluted 1",
    "strict --__proto__.x 1",
    "strict --nested.__proto__ 1",
    "strict --arg.__proto__ 1",
    "strict --constructor 1",
    "strict --toString 1",
  ])("%s is no flag", async (line) => {
    expect((await run(line)).exitCode).toBe(2);
    expect(inputs).toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("names that only look like it are taken", async () => {
    const json = '{"proto":{"x":1},"__proto":1,"constructor":"text","prototype":{"y":2}}';
    expect((await run("take --json -", json)).stdout).toBe("4\n");
    expect((await run("take --a.b 1 --c x")).stdout).toBe("2\n");
    expect(inputs[1]).toEqual({ a: { b: 1 }, c: "x" });
    expect((await run("strict --text __proto__")).stdout).toBe("taken\n");
  });
});

describe("sizes", () => {
  test("deep nesting is refused before it is parsed", async () => {
    const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect((await run("take --json -", deep(90))).exitCode).toBe(0);
    for (const levels of [200, 1_000_000]) {
      const { stderr, exitCode } = await run("take --json -", deep(levels));
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: expect.stringMatching(/nested more than 100 levels deep|this is no JSON/),
      });
    }
    const brackets = JSON.stringify({ a: '["'.repeat(5000) });
    expect((await run("take --json -", brackets)).exitCode).toBe(0);
  });

  test("more than 8 MiB is refused, less is taken", async () => {
    const big = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes) });
    expect((await run("take --json -", big(4 << 20))).exitCode).toBe(0);
    const { stderr, exitCode } = await run("take --json -", big(9 << 20));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining("8388608"),
    });
    expect(inputs).toHaveLength(1);
  });

  test("a result of more than 16 MiB is refused, less is given", async () => {
    result = { a: "x".repeat(4 << 20) };
    expect((await run("give | wc -c")).stdout.trim()).toBe(String((4 << 20) + 9));
    result = { a: "x".repeat(17 << 20) };
    expect(await run("give")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/stream it/),
    });
  });

  test("many calls at once wait for each other, and all are answered", async () => {
    const { stdout } = await run("for i in {1..150}; do take --n $i & done | sort | uniq -c; wait");
    expect(stdout.trim()).toBe("150 1");
  });
});

describe("text", () => {
  test("nothing in an argument is code", async () => {
    const texts = [
      "$(id)",
      "`id`",
      "; id",
      "a\nb",
      "'\"",
      "--help",
      "%s%n",
      "\\x1b",
      "\u0000".repeat(0),
    ];
    for (const text of texts.slice(0, -1)) {
      await vm.exec('strict --text="$TEXT"', { env: { TEXT: text } });
    }
    expect(inputs).toEqual(texts.slice(0, -1));
  });

  test("bytes that are not UTF-8 are refused, NULs come as data where JSON has them", async () => {
    expect(await run("strict --text $'a\\xffb'")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("not valid UTF-8"),
    });
    expect(await run("take --json -", Uint8Array.of(0x7b, 0xff, 0x7d))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("not valid UTF-8"),
    });
    expect(inputs).toEqual([]);
    expect((await run("strict --text 'grüße 👋'")).stdout).toBe("taken\n");
    expect((await run("strict --json -", '{"text":"a\\u0000b"}')).stdout).toBe("taken\n");
    expect(inputs).toEqual(["grüße 👋", "a\0b"]);
  });
});

describe("results that are no data", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const hostile = {
    toJSON() {
      throw new Error("no");
    },
  };

  test.each([
    ["a cycle", cycle, /circular/],
    ["a BigInt", { n: 1n }, /BigInt/],
    ["a function", () => 1, /a function/],
    ["a function within", { f() {} }, /"f" is a function/],
    ["a symbol", Symbol("x"), /a symbol/],
    ["a Map", { m: new Map() }, /"m" is a Map/],
    ["what is nested too deeply", deep, /nested too deeply/],
    ["what throws when it is read", hostile, /: no/],
  ])("%s fails the command", async (_, value, message) => {
    result = value;
    expect(await run("give")).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(message),
    });
  });

  test("data is passed on as it is", async () => {
    result = { list: [1, null, true, "x"], __proto__: { inherited: 1 }, gone: undefined };
    expect((await run("give")).stdout).toBe('{"list":[1,null,true,"x"]}\n');
  });
});

describe("terminals", () => {
  const ATTACK = "\x1b]0;title\x07\x1b[2J\x9b31m\rover\b\u202egnp.exe é\ttab\n";
  const INERT = "\\x1b]0;title\\x07\\x1b[2J\\x9b31m\\x0dover\\x08\\u202egnp.exe é\ttab";

  async function onTerminal(line: string): Promise<string> {
    const terminal = await vm.openTerminal({
      argv: ["bash", "-c", `stty -onlcr; ${line}`],
    });
    let output = "";
    const decoder = new TextDecoder();
    for await (const bytes of terminal.output) output += decoder.decode(bytes, { stream: true });
    return output.trim();
  }

  test("what a tool brings is shown there, not acted upon", async () => {
    result = ATTACK;
    expect(await onTerminal("give")).toBe(INERT);
    expect(await onTerminal("piece")).toBe(INERT);
    expect(await onTerminal("give --output json")).not.toMatch(
      /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/,
    );
    result = new TextEncoder().encode(ATTACK);
    expect(await onTerminal("give")).toBe(INERT);
    result = { [ATTACK]: ATTACK };
    for (const form of ["json", "text"]) {
      expect(await onTerminal(`give --output ${form}`)).not.toMatch(/[\x1b\x9b\x07\x08\u202e]/);
    }
  });

  test("and is untouched in a pipe", async () => {
    result = ATTACK;
    expect((await run("give")).stdout).toBe(ATTACK);
    expect((await run("piece")).stdout).toBe(ATTACK);
  });

  test("an error's text is inert everywhere", async () => {
    result = {
      toJSON() {
        throw new Error(`${ATTACK} happened`);
      },
    };
    expect((await run("give")).stderr).not.toMatch(/[\x1b\x9b\x07\x08\u202e]/);
  });
});

describe("the socket behind the commands", () => {
  const program = (body: string) =>
    `node -e '
      const net = require("net");
      const frame = (type, text) => {
        const body = Buffer.from(text);
        const head = Buffer.alloc(5);
        head[0] = type.charCodeAt(0);
        head.writeUInt32LE(body.length, 1);
        return Buffer.concat([head, body]);
      };
      const socket = net.connect({ path: "\\0isopod/tools" });
      socket.on("data", (data) => console.log(data.subarray(5).toString()));
      socket.on("error", (error) => console.log(error.code));
      socket.on("close", () => console.log("closed"));
      ${body}'`;

  test.each([
    ["what is no call", 'socket.write(frame("x", "{}"))'],
    ["what is no JSON", 'socket.write(frame("c", "{"))'],
    ["a call of the wrong shape", 'socket.write(frame("c", "{\\"name\\":1}"))'],
    ["a frame of 4 GiB", "socket.write(Buffer.from([0x63, 255, 255, 255, 255]))"],
  ])("%s is hung up on", async (_, body) => {
    expect((await run(program(body))).stdout.trim().split("\n").at(-1)).toBe("closed");
    expect(inputs).toEqual([]);
  });

  test("one that closes its half ends its call, whatever it still reads", async () => {
    const call = 'socket.end(frame("c", JSON.stringify({ name: "forever", input: "{}" })))';
    const ends = inputs.length;
    expect((await run(program(call))).stdout.trim().split("\n").at(-1)).toBe("closed");
    await expect.poll(() => inputs.slice(ends)).toEqual(["ended"]);
  });

  test("a call that does without the command is checked like any other", async () => {
    const call = (input: string) =>
      `socket.write(frame("c", JSON.stringify({ name: "take", input: ${JSON.stringify(input)} })))`;
    expect((await run(program(call('{"a":1}')))).stdout).toBe("1\nclosed\n");
    const { stdout } = await run(program(call('{"__proto__":{"polluted":1}}')));
    expect(stdout).toContain("is not a name that a property may have");
    const unknown = 'socket.write(frame("c", JSON.stringify({ name: "nope", input: "{}" })))';
    expect((await run(program(unknown))).stdout).toContain("there is no tool");
    expect(inputs).toEqual([{ a: 1 }]);
  });
});

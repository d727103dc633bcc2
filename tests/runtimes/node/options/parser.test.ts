import { describe, expect, it } from "vitest";
import { parseCommandLine, splitEnvironment } from "../../../../runtimes/node/options/parser.ts";
import type { OptionTable } from "../../../../runtimes/node/options/table.ts";

const option = (type: number, envVarSettings = 0) => ({
  ...{ helpText: "", type, envVarSettings, defaultIsTrue: false },
});

/** A few of Node's own. */
const TABLE: OptionTable = {
  options: new Map([
    ["--check", option(2, 1)],
    ["--conditions", option(7)],
    ["--eval", option(5, 1)],
    ["[has_eval_string]", option(2, 1)],
    ["--inspect-port", option(6)],
    ["--max-old-space-size", option(1)],
    ["--print", option(2, 1)],
    ["--require", option(7)],
    ["--stack-trace-limit", option(3)],
    ["--title", option(5)],
    ["--use-bundled-ca", option(2)],
    ["--use-largepages", option(5)],
    ["--use-openssl-ca", option(2)],
    ["--warnings", option(2)],
  ]),
  aliases: new Map([
    ["-C", ["--conditions"]],
    ["-e", ["--eval"]],
    ["-p", ["--print"]],
    ["-pe", ["--print", "--eval"]],
    ["--print <arg>", ["-pe"]],
    ["-r", ["--require"]],
  ]),
  values: {
    ...{ "--check": false, "--conditions": [], "--eval": "", "--print": false, "--title": "" },
    ...{ "--inspect-port": { host: "127.0.0.1", port: 9229 }, "--require": [], "--warnings": true },
    ...{ "--stack-trace-limit": 10, "[has_eval_string]": false },
  },
  v8: new Set(["stack-size"]),
  inputTypes: new Map(),
};

const parse = (line: string, environment = "") =>
  parseCommandLine(TABLE, line === "" ? [] : line.split(" "), environment);

describe("options", () => {
  it.each([
    ["-e 1 x y", { "--eval": "1", "[has_eval_string]": true }, ["x", "y"], ["-e", "1"]],
    ["-p 1", { "--print": true, "--eval": "1" }, [], ["-p", "1"]],
    ["-p", { "--print": true, "--eval": "" }, [], ["-p"]],
    ["--eval=a --print", { "--eval": "a", "--print": true }, [], ["--eval=a", "--print"]],
    ["-C a --conditions=b f", { "--conditions": ["a", "b"] }, ["f"], ["-C", "a", "--conditions=b"]],
    [
      "--no-warnings s.js --warnings",
      { "--warnings": false },
      ["s.js", "--warnings"],
      ["--no-warnings"],
    ],
    ["--stack_trace_limit=5", { "--stack-trace-limit": 5 }, [], ["--stack_trace_limit=5"]],
    [
      "--inspect-port 0.0.0.0:1",
      { "--inspect-port": { host: "0.0.0.0", port: 1 } },
      [],
      ["--inspect-port", "0.0.0.0:1"],
    ],
    [
      "--stack-size=9 --max-old-space-size=1 -",
      {},
      ["-"],
      ["--stack-size=9", "--max-old-space-size=1"],
    ],
    ["-- -x", {}, ["-x"], []],
  ])("%s", (line, values, rest, execArgv) => {
    const found = parse(line);
    expect(found.errors).toEqual([]);
    expect(found.values).toMatchObject(values);
    expect([found.rest, found.execArgv]).toEqual([rest, execArgv]);
  });

  it.each([
    ["--foo", "bad option: --foo"],
    ["--foo=1", "bad option: --foo=1"],
    ["-e", "-e requires an argument"],
    ["--title", "--title requires an argument"],
    ["--conditions= x", "--conditions= requires an argument"],
    ["--require -p", "--require requires an argument"],
    ["--no-eval", "--no-eval is an invalid negation because it is not a boolean option"],
    ["--use-largepages=maybe", "invalid value for --use-largepages"],
    [
      "--use-openssl-ca --use-bundled-ca",
      "either --use-openssl-ca or --use-bundled-ca can be used, not both",
    ],
    ["--check -e 1", "either --check or --eval can be used, not both"],
  ])("%s fails", (line, error) => {
    expect(parse(line).errors).toEqual([error]);
  });
});

describe("NODE_OPTIONS", () => {
  it("comes before the command line, which adds to it", () => {
    const { values } = parse("-r b --title c", '--require "a b" --title d');
    expect(values).toMatchObject({ "--require": ["a b", "b"], "--title": "c" });
  });

  it.each([
    ["--eval 1", "--eval is not allowed in NODE_OPTIONS"],
    ["--foo", "--foo is not allowed in NODE_OPTIONS"],
    ['--title "a', "invalid value for NODE_OPTIONS (unterminated string)\n"],
  ])("%s fails", (environment, error) => {
    expect(parse("", environment).errors).toEqual([error]);
  });

  it("has words in quotes", () => {
    expect(splitEnvironment('a  "b c"d "e\\"f"')).toEqual(["a", "b cd", 'e"f']);
  });
});

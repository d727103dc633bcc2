/**
 * What runs in the machine for vm.evaluate: a program for its `node`, given as an argument. Requests come
 * on descriptor 3 and answers go to 4, each as four bytes of length and a value in V8's own format. It
 * trusts nobody and is trusted by nobody: the host reads its answers as hostile.
 */
export const EVALUATOR = `
"use strict";
const { createReadStream, writeSync } = require("node:fs");
const { deserialize, Serializer } = require("node:v8");
const vm = require("node:vm");
const { createRequire, stripTypeScriptTypes } = require("node:module");
const { inspect } = require("node:util");

// What a script has no way to reach by itself.
globalThis.require = createRequire(process.cwd() + "/");

// Asynchronous, so that what a retained context has begun goes on between requests.
async function* requests() {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream("", { fd: 3 })) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE()) {
      const end = 4 + rest.readUInt32LE();
      yield deserialize(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  }
}

function write(answer) {
  // The plain one: v8.serialize() has a form of its own for views.
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(answer);
  const bytes = serializer.releaseBuffer();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  for (const part of [length, bytes]) {
    for (let at = 0; at < part.length; ) at += writeSync(4, part, at);
  }
}

const needsAwait = (error) =>
  error instanceof SyntaxError && /\\bawait\\b|Unexpected (?:identifier|reserved word)/.test(error.message);

let repl;

// The REPL knows how names that are declared beside an await stay.
function evaluateInRepl(code) {
  if (!repl) {
    const { PassThrough } = require("node:stream");
    repl = require("node:repl").start({
      input: new PassThrough(),
      output: new PassThrough().resume(),
      prompt: "",
      terminal: false,
      useGlobal: true,
    });
  }
  return new Promise((resolve, reject) => {
    repl.eval(code, globalThis, "evaluate", (error, value) =>
      error ? reject(error.err ?? error) : resolve(value),
    );
  });
}

async function evaluate({ code, language, inputs }) {
  Object.assign(globalThis, inputs);
  const text = language === "typescript" ? stripTypeScriptTypes(code, { mode: "transform" }) : code;
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  let script;
  try {
    script = new vm.Script(text, { filename: "evaluate", importModuleDynamically });
  } catch (error) {
    if (!needsAwait(error)) throw error;
    return evaluateInRepl(text);
  }
  return script.runInThisContext();
}

function thrown(error) {
  if (!(error instanceof Error)) return { name: "", message: inspect(error), stack: "" };
  const { name, message, stack, code } = error;
  return { name: String(name), message: String(message), stack: String(stack), code: code && String(code) };
}

async function serve() {
  for await (const request of requests()) {
    try {
      const value = await evaluate(request);
      try {
        write({ value });
      } catch (error) {
        // A function or a proxy has no form outside: told as text.
        write({ error: { ...thrown(error), unclonable: true } });
      }
    } catch (error) {
      write({ error: thrown(error) });
    }
  }
}
void serve();
`;

/** The Pi coding agent from npm, unmodified, in a machine, with a scripted model on its own loopback. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eachFile } from "../../src/images/builder/npm-entries.ts";
import { fetchTarball } from "../../src/images/npm-tarball.ts";
import type { Vm } from "../../src/index.ts";
import * as source from "../../src/index.ts";

const PACKAGE = {
  name: "@earendil-works/pi-coding-agent",
  version: "1.5.2",
  integrity:
    "sha512-mUWI04rqF1Vd/m1q+Ps1XeWsTXEVvRUnsmRa83I3Dzua0Tx5bYS93imeqtIfrXf7PkkaR6ERz+AuQhIJlom5yA==",
};
const CACHE = join(import.meta.dirname, "../../.cache/agents");
const PORT = 8123;

/** Speaks the streaming protocol of OpenAI's completions: writes a file, runs it, and says what came. */
const MODEL = `import { createServer } from "node:http";
let turn = 0;
const chunk = (delta, finish_reason = null) => "data: " + JSON.stringify({
  id: "x", object: "chat.completion.chunk", created: 1, model: "scripted",
  choices: [{ index: 0, delta, finish_reason }],
}) + "\\n\\n";
createServer((request, response) => {
  let body = "";
  request.on("data", (data) => { body += data; });
  request.on("end", () => {
    turn++;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const tool = (name, args) => {
      const call = { name, arguments: JSON.stringify(args) };
      const tool_calls = [{ index: 0, id: "call_" + turn, type: "function", function: call }];
      response.write(chunk({ role: "assistant", content: null, tool_calls }));
      response.write(chunk({}, "tool_calls"));
    };
    if (turn === 1) {
      tool("write", { path: "/tmp/work/hello.js", content: "console.log('hello from pi', 6*7)\\n" });
    } else if (turn === 2) tool("bash", { command: "node /tmp/work/hello.js" });
    else {
      const { content } = JSON.parse(body).messages.filter(({ role }) => role === "tool").at(-1);
      const text = typeof content === "string" ? content : JSON.stringify(content);
      response.write(chunk({ role: "assistant", content: "Done: " + text }));
      response.write(chunk({}, "stop"));
    }
    response.end("data: [DONE]\\n\\n");
  });
}).listen(${PORT}, "127.0.0.1", () => console.log("listening"));
`;
const MODELS = JSON.stringify({
  providers: {
    scripted: {
      baseUrl: `http://127.0.0.1:${PORT}/v1`,
      api: "openai-completions",
      apiKey: "none",
      models: [{ id: "scripted" }],
    },
  },
});

/** The package's folder, fetched once. */
export async function fetchPi(): Promise<string> {
  const folder = join(CACHE, `pi-${PACKAGE.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const building = mkdtempSync(join(CACHE, "building-"));
  await eachFile(await fetchTarball(PACKAGE), (entry, bytes) => {
    const path = join(building, entry.path.replace(/^[^/]*/, ""));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  });
  renameSync(building, folder);
  return folder;
}

/** A machine with Pi under /opt/pi and the model listening; `library` is the one to make it by. */
export async function piMachine(
  library: Pick<typeof source, "createVm" | "hostDirectory"> = source,
): Promise<Vm> {
  const { createVm, hostDirectory } = library;
  const mounts = { "/opt/pi": hostDirectory(await fetchPi(), { readOnly: true }) };
  const vm = await createVm({ mounts });
  await vm.fs.mkdir("/home/user/.pi/agent", { recursive: true });
  await vm.fs.writeFile("/home/user/.pi/agent/models.json", MODELS);
  await vm.fs.writeFile("/home/user/model.mjs", MODEL);
  const server = await vm.spawn(["node", "/home/user/model.mjs"]);
  for await (const _ of server.stdout) break;
  return vm;
}

/** Runs the task in print mode. */
export function runPi(vm: Vm) {
  return vm.exec(
    "mkdir -p /tmp/work && cd /tmp/work && node /opt/pi/dist/bundle/cli.js --provider scripted --model scripted -p 'write hello.js and run it' </dev/null",
    { env: { PI_OFFLINE: "1", HOME: "/home/user" }, timeout: 120_000 },
  );
}

/**
 * A Node process on QuickJS: this script boots lib/ in a context whose heap is then saved, and copied for
 * every process. The way to the kernel is one function of the host, which suspends the guest.
 */

import { type Library, NodeRuntime } from "../../../node/guest.ts";
import { noThreads } from "../../../node/threads.ts";
import { createBlockingKernel } from "../../shared-memory/blocking-sys.ts";
import { type AskHost, Host } from "../node-questions.ts";
import { adapted } from "./adapted-library.ts";
import { HostChannel } from "./host-channel.ts";
import { headStack } from "./language.ts";
import { QuickJsEngine } from "./quickjs-engine.ts";

declare const host: AskHost;

const PRELOAD = ["fs", "path", "url", "util", "stream"];
const index = JSON.parse(host(Host.Source, "") as string) as {
  readonly versions: Readonly<Record<string, string>>;
  readonly config: string;
  readonly ids: readonly string[];
};

const engine = new QuickJsEngine(host);
const library: Library = {
  versions: index.versions,
  config: index.config,
  ids: index.ids,
  source: (id) => adapted(id, host(Host.Source, id) as string),
};
const runtime = new NodeRuntime(engine, library);
const { triggerUncaughtException } = runtime;
runtime.triggerUncaughtException = (error, fromPromise) => {
  headStack(error);
  Reflect.apply(triggerUncaughtException, runtime, [error, fromPromise]);
};
runtime.boot(PRELOAD);

(globalThis as Record<string, unknown>)["isopodStart"] = (job: string): string => {
  const { argv, envp } = JSON.parse(job) as { argv: string[]; envp: string[] };
  delete (globalThis as Record<string, unknown>)["isopodStart"];
  const channel = new HostChannel((number, bytes) => host(Host.Call, number, bytes) as ArrayBuffer);
  const kernel = createBlockingKernel(channel as never);
  runtime.start({ kernel, argv, envp, threads: noThreads });
  return "";
};

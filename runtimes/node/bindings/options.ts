/** internalBinding("options"): the command line. */
import type { BindingFactory } from "../environment.ts";

export const options: BindingFactory = (env) => {
  const values: Record<string, unknown> = {
    "--experimental-async-context-frame": env.engine.continuationData !== undefined,
  };
  let main = "internal/main/repl";
  const binding = {
    argv: [] as string[],
    execArgv: [] as string[],
    mainScript: () => main,
    getCLIOptionsValues: () =>
      new Proxy(values, {
        get(target, key) {
          if (key in target) return target[key as string];
          if (key === "--unhandled-rejections") return "throw";
          if (
            ["--require", "--import", "--conditions", "--disable-warning"].includes(String(key))
          ) {
            return [];
          }
          if (key === "--stack-trace-limit") return 10;
          if (typeof key === "string" && key in NETWORK_DEFAULTS) return NETWORK_DEFAULTS[key];
          if (key === "--warnings" || key === "--deprecation") return true;
          if (key === "--input-type" || key === "--experimental-default-type") return "";
          return false;
        },
        has: () => true,
      }),
    getCLIOptionsInfo: () => ({ options: new Map(), aliases: new Map() }),
    getEmbedderOptions: () => ({
      shouldNotRegisterESMLoader: false,
      noGlobalSearchPaths: false,
      noBrowserGlobals: false,
      hasEmbedderPreload: false,
    }),
    getEnvOptionsInputType: () => new Map(),
    envSettings: { kAllowedInEnvvar: 0, kDisallowedInEnvvar: 1 },
    types: {
      kNoOp: 0,
      kV8Option: 1,
      kBoolean: 2,
      kInteger: 3,
      kUInteger: 4,
      kString: 5,
      kHostPort: 6,
      kStringList: 7,
    },
  };
  env.onStart(() => {
    const args = [...env.argv];
    const [node = "node"] = args.splice(0, 1);
    for (const [flag, isPrint] of [
      ["-e", false],
      ["-p", true],
      ["-pe", true],
    ] as const) {
      if (args[0] !== flag) continue;
      values["--eval"] = args[1];
      values["--print"] = isPrint;
      binding.execArgv.push(flag, args[1] ?? "");
      args.splice(0, 2);
      main = "internal/main/eval_string";
    }
    if (main === "internal/main/repl" && args.length > 0) main = "internal/main/run_main_module";
    binding.argv.push(node, ...args);
  });
  return binding;
};

const NETWORK_DEFAULTS: Readonly<Record<string, unknown>> = {
  "--max-http-header-size": 16_384,
  "--network-family-autoselection": true,
  "--network-family-autoselection-attempt-timeout": 250,
  "--dns-result-order": "",
};

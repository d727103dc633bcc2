/**
 * internalBinding("report"): diagnostic reports (node_report.cc). Parts that tell of C++ and of libuv's
 * handles are empty.
 */
import { encodeUtf8 } from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";

const STDERR = 2;
const REPORT_VERSION = 3;

interface Os {
  type(): string;
  release(): string;
  version(): string;
  machine(): string;
  hostname(): string;
  cpus(): unknown[];
  networkInterfaces(): Record<string, object[] | undefined>;
}

interface Process {
  readonly pid: number;
  readonly argv0: string;
  readonly execPath: string;
  readonly version: string;
  readonly versions: object;
  readonly release: object;
  readonly arch: string;
  readonly platform: string;
  readonly env: Record<string, string>;
  cwd(): string;
  memoryUsage(): { heapTotal: number; heapUsed: number; external: number; rss: number };
  cpuUsage(): { user: number; system: number };
}

export const report: BindingFactory = (env) => {
  const settings = {
    Compact: false,
    ExcludeNetwork: false,
    ExcludeEnv: false,
    Directory: "",
    Filename: "",
    Signal: "SIGUSR2",
    ReportOnFatalError: false,
    ReportOnSignal: false,
    ReportOnUncaughtException: false,
  };
  let sequence = 0;

  function make(event: string, trigger: string, filename: string | null, error: unknown): string {
    const process = env.process as unknown as Process;
    const os = env.requireBuiltin<Os>("os");
    const now = new Date();
    const { heapTotal, heapUsed, external, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const lines = String((error as { stack?: unknown } | undefined)?.stack ?? "").split("\n");
    const content = {
      header: {
        reportVersion: REPORT_VERSION,
        event,
        trigger,
        filename,
        dumpEventTime: now.toISOString().replace(/\.\d+/, ""),
        dumpEventTimeStamp: String(now.getTime()),
        processId: process.pid,
        threadId: 0,
        cwd: process.cwd(),
        commandLine: env.argv,
        nodejsVersion: process.version,
        wordSize: 64,
        arch: process.arch,
        platform: process.platform,
        componentVersions: process.versions,
        release: process.release,
        osName: os.type(),
        osRelease: os.release(),
        osVersion: os.version(),
        osMachine: os.machine(),
        cpus: os.cpus(),
        ...(settings.ExcludeNetwork ? {} : { networkInterfaces: interfacesOf(os) }),
        host: os.hostname(),
      },
      javascriptStack: {
        message: lines[0] ?? "",
        stack: lines.slice(1).map((line) => line.trim()),
        errorProperties: propertiesOf(error),
      },
      javascriptHeap: {
        totalMemory: heapTotal,
        usedMemory: heapUsed,
        externalMemory: external,
        heapSpaces: {},
      },
      nativeStack: [],
      resourceUsage: {
        rss: String(rss),
        userCpuSeconds: user / 1e6,
        kernelCpuSeconds: system / 1e6,
        cpuConsumptionPercent: 0,
        maxRss: String(rss),
        pageFaults: { IORequired: "0", IONotRequired: "0" },
        fsActivity: { reads: "0", writes: "0" },
      },
      libuv: [],
      workers: [],
      ...(settings.ExcludeEnv ? {} : { environmentVariables: { ...process.env } }),
      userLimits: {},
      sharedObjects: [],
    };
    return JSON.stringify(content, null, settings.Compact ? 0 : 2);
  }

  function write(event: string, trigger: string, file: string | undefined, error: unknown): string {
    const name = file ?? (settings.Filename || defaultName());
    const text = make(event, trigger, name, error);
    if (name === "stdout" || name === "stderr") {
      env.sys.write(name === "stdout" ? 1 : STDERR, encodeUtf8(`${text}\n`));
      return name;
    }
    env.sys.write(STDERR, encodeUtf8(`\nWriting Node.js report to file: ${name}\n`));
    const path = settings.Directory === "" ? name : `${settings.Directory}/${name}`;
    env
      .requireBuiltin<{ writeFileSync(path: string, text: string): void }>("fs")
      .writeFileSync(path, text);
    env.sys.write(STDERR, encodeUtf8("Node.js report completed\n"));
    return name;
  }

  /** report.DATE.TIME.PID.THREAD.SEQUENCE.json */
  function defaultName(): string {
    const [date = "", time = ""] = new Date().toISOString().replace(/[-:]/g, "").split(/[T.]/);
    const { pid } = env.process as unknown as Process;
    return `report.${date}.${time}.${pid}.0.${String(++sequence).padStart(3, "0")}.json`;
  }

  const accessors = Object.keys(settings).flatMap((key) => {
    const name = key as keyof typeof settings;
    const read = name.startsWith("ReportOn") ? `should${name}` : `get${name}`;
    return [
      [read, () => settings[name]],
      [
        `set${name}`,
        (value: never) => {
          settings[name] = value;
        },
      ],
    ];
  });
  return {
    writeReport: write,
    getReport: (error: unknown) => make("JavaScript API", "GetReport", null, error),
    ...Object.fromEntries(accessors),
  };
};

function interfacesOf(os: Os): object[] {
  return Object.entries(os.networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map((address) => ({ name, ...address })),
  );
}

function propertiesOf(error: unknown): Record<string, string> {
  if (typeof error !== "object" || error === null) return {};
  return Object.fromEntries(Object.entries(error).map(([name, value]) => [name, String(value)]));
}

/** The options of Node's command line, as the release itself lists them (src/node-library/build.ts). */
export const OptionType = {
  kNoOp: 0,
  kV8Option: 1,
  kBoolean: 2,
  kInteger: 3,
  kUInteger: 4,
  kString: 5,
  kHostPort: 6,
  kStringList: 7,
} as const;

export interface OptionInfo {
  readonly helpText: string;
  /** 0 where NODE_OPTIONS may have it. */
  readonly envVarSettings: number;
  readonly type: number;
  readonly defaultIsTrue: boolean;
}

export interface OptionTable {
  readonly options: ReadonlyMap<string, OptionInfo>;
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly values: Readonly<Record<string, unknown>>;
  /** V8's own flags, without dashes. */
  readonly v8: ReadonlySet<string>;
  readonly inputTypes: ReadonlyMap<string, string>;
}

export function readOptionTable(text: string): OptionTable {
  const { options, aliases, values, v8, inputTypes } = JSON.parse(text);
  return {
    options: new Map(options),
    aliases: new Map(aliases),
    values,
    v8: new Set(v8),
    inputTypes: new Map(inputTypes),
  };
}

/** Options that set others (Implies and ImpliesNot of node_options.cc). */
export const IMPLICATIONS: readonly (readonly [option: string, implied: string, value: boolean])[] =
  [
    ["--eval", "[has_eval_string]", true],
    ["--inspect-brk", "--inspect", true],
    ["--inspect-brk-node", "--inspect", true],
    ["--inspect-wait", "--inspect", true],
    ["--env-file", "[has_env_file_string]", true],
    ["--env-file-if-exists", "[has_env_file_string]", true],
    ["--experimental-transform-types", "--experimental-strip-types", true],
    ["--experimental-transform-types", "--enable-source-maps", true],
    ["--trace-env-js-stack", "--trace-env", true],
    ["--trace-env-native-stack", "--trace-env", true],
    ["--watch-path", "--watch", true],
    ["--build-snapshot-config", "--build-snapshot", true],
    ["--report-signal", "--report-on-signal", true],
    ["--use-openssl-ca", "[ssl_openssl_cert_store]", true],
    ["--use-bundled-ca", "[ssl_openssl_cert_store]", false],
    ["--use-system-ca", "[ssl_openssl_cert_store]", false],
  ];

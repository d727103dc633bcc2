/** Where lib/ counts on what V8 does and QuickJS does not. */
interface Change {
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

const CHANGES: readonly Change[] = [
  {
    // It compiles WebAssembly when it is loaded, and there is none.
    module: "internal/deps/undici/undici",
    from: "llhttpPromise.catch();",
    to: "llhttpPromise.catch(() => {});",
  },
  {
    // The stacks of errors that the engine throws are frames alone.
    module: "internal/util/inspect",
    from: "    if (typeof stack === 'string') {\n      return stack;\n",
    to: `    if (typeof stack === 'string') {
      if (RegExpPrototypeExec(/^ *at /, stack) === null) return stack;
      const frames = RegExpPrototypeSymbolReplace(/^.*\\((?:isopod:.*|native)\\)\\n?/gm, stack, '');
      return \`\${ErrorPrototypeToString(error)}\\n\${frames}\`.trimEnd();
`,
  },
];

export function adapted(id: string, source: string): string {
  return CHANGES.filter(({ module }) => module === id).reduce((text, { from, to }) => {
    const pieces = text.split(from);
    if (pieces.length !== 2)
      throw new Error(`lib/${id}.js has ${pieces.length - 1} times: ${from}`);
    return pieces.join(to);
  }, source);
}

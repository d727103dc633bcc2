/**
 * Cases that real bash passes and our shell does not, by cause. A case that is not listed must pass;
 * one that is listed and passes is stale and fails the run, unless it depends on the clock.
 */
export interface Expectation {
  readonly suite: "oils" | "ash";
  /** tool: a program of the image. shell: ours is to be mended. quirk: bash itself errs there. */
  readonly category: "tool" | "shell" | "quirk" | "timing";
  readonly reason: string;
  readonly cases: readonly string[];
}

export const EXPECTATIONS: readonly Expectation[] = [
  {
    suite: "oils",
    category: "tool",
    reason:
      "tac of the image cannot read standard input: it wants a temporary file, which wasm lacks",
    cases: [
      "command-sub: Command sub with here doc",
      "command-sub: Here doc with pipeline",
      "here-doc: Here doc with pipe on first line",
      "here-doc: Here doc with pipe continued on last line",
      "here-doc: Here doc as command prefix",
      "pipeline: Brace group in pipeline",
      "pipeline: For loop starts pipeline",
      "process-sub: Process sub from external process to stdin",
      "process-sub: Process sub from shell to stdin",
      "process-sub: Non-linear pipeline with >()",
      "smoke: here doc with var",
      "smoke: here doc without var",
    ],
  },
  {
    suite: "oils",
    category: "tool",
    reason: String.raw`sed of the image knows no \+ in a basic expression, and no \xHH of a raw byte`,
    cases: [
      "builtin-echo: incomplete hex escape",
      String.raw`builtin-echo: \x`,
      "builtin-echo: incomplete octal escape",
      "builtin-echo: incomplete unicode escape",
      String.raw`builtin-echo: \0 \1 \8`,
      "quote: $'' octal escapes don't have leading 0",
      "quote: $'' octal escapes with fewer than 3 chars",
      "sh-options-bash: OSH calling bash with SHELLOPTS does not change braceexpand",
      "sh-options: shopt -s nounset works in YSH, not in bash",
      "unicode: OSH source code doesn't have to be valid Unicode (like other shells)",
    ],
  },
  {
    suite: "oils",
    category: "tool",
    reason: "the image has no time and no gawk; its ps has no tpgid, its sleep no --",
    cases: [
      "builtin-process: time with brace group argument",
      "interactive: NO ASSERTIONS: Are startup files sourced before or after job control?",
      "shell-bugs: ./configure idiom",
      "ysh-builtin-private: builtin sleep behaves like external sleep",
    ],
  },
  {
    suite: "oils",
    category: "tool",
    reason:
      "fgrep of the image is GNU's own, which warns that it is obsolescent; Debian's does not",
    cases: ["builtin-type: type -> not found"],
  },
  {
    suite: "ash",
    category: "tool",
    reason: "the image has no hexdump",
    cases: ["ash-standalone: nofork_trashes_getopt"],
  },
  {
    suite: "ash",
    category: "shell",
    reason: "the parser takes x=>(command) for an empty assignment and a redirection",
    cases: ["ash-psubst: bash_procsub"],
  },
  {
    suite: "oils",
    category: "shell",
    reason:
      "arithmetic is evaluated at once: a command substitution in a subscript that is the value of a variable is refused",
    cases: [
      "array-assign: LHS array is protected with shopt -s eval_unsafe_arith, e.g. 'a[$(echo 2)]'",
      "bugs: command execution $(echo 42 | tee PWNED) not allowed",
    ],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "bind outside of an interactive shell has no line editor's tables to show",
    cases: [
      "builtin-bind: bind -p -P to print function names and key bindings",
      "builtin-bind: bind -v -V accepted",
      "builtin-bind: bind -q",
    ],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "an index past 2^53 is no exact number of ours",
    cases: ["array-sparse: a[i]=v with BigInt"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "an assignment to HISTFILESIZE shortens the file only when the history is next written",
    cases: ["builtin-history: HISTFILESIZE shrinks the history file when changed"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: String.raw`the number of \! in a prompt is not that of the commands since the history was cleared`,
    cases: [String.raw`prompt: \! for history number`],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "the parser takes !( ) for a pattern also where extglob is off",
    cases: ["extglob-match: Turning extglob on changes the meaning of [[ !(str) ]] in bash"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "an unknown locale is not warned of",
    cases: ["sh-usage: LC_CTYPE=invalid"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "assigning a list through a reference to all elements is not refused",
    cases: ["nameref: a[@] in nameref"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "a lone quote in a subscript that is a value is passed over, not refused",
    cases: ["var-ref: var ref TO array with arbitrary subscripts"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "in posix mode, unset behind a temporary assignment removes the variable behind it too",
    cases: ["temp-binding: Temp bindings with unset"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "set -e inside of a function that ! negates does not end the shell",
    cases: ["errexit: set -e in function #2"],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "which of DEBUG and ERR runs inside of the other's action, and the line that ERR names",
    cases: [
      "builtin-trap-bash: Combine DEBUG trap and ERR trap",
      "builtin-trap-err: trap ERR with redirect",
    ],
  },
  {
    suite: "oils",
    category: "shell",
    reason: "bash reads on after a wrong array literal, where ours ends the script",
    cases: ["parse-errors: array literal inside array is a parse error"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason: "bash runs the ERR trap twice for a subshell at the end of a pipeline",
    cases: ["builtin-trap-err: trap ERR pipelines without simple commands"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason: "bash expands braces in [k]=-{a,b}- before it sees the key",
    cases: ["array-literal: [k1]=v1 looking like brace expansions (BashArray)"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason: "bash makes a backquote of {z..A}, then misses its end",
    cases: ["brace-expansion: Mixed case char expansion is invalid"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason: "bash's read leaves an internal mark in the value",
    cases: ["builtin-read: read bash bug"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason: "bash does not restore a descriptor that a redirection moved",
    cases: ["redirect: 1>&2- (Bash bug: fail to restore closed fd)"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason: "bash's ${x//[^]]/} matches nothing",
    cases: ["var-op-patsub: patsub with [^]]"],
  },
  {
    suite: "oils",
    category: "quirk",
    reason:
      "with an empty IFS bash joins what ${!x*} and ${!a[*]} list, and :- of a list differs by how it is named",
    cases: [
      'var-op-test: op-test for ${!array} with array="a[@]" or array="a[*]"',
      "word-split: IFS='' with ${!prefix@} and ${!prefix*} (bug #627)",
      "word-split: IFS='' with ${!a[@]} and ${!a[*]} (bug #627)",
    ],
  },
  {
    suite: "oils",
    category: "timing",
    reason: "three sleeps that end 10 ms apart, each a program to start",
    cases: ["background: wait for N parallel jobs and check failure"],
  },
  {
    suite: "ash",
    category: "timing",
    reason: "bash says 42 or 1, as the signal comes before or after it becomes its last command",
    cases: ["ash-misc: exitcode_trap2"],
  },
];

/** The expectation that lists a case, by id. */
export function expectationOf(suite: "oils" | "ash", id: string): Expectation | undefined {
  return EXPECTATIONS.find((entry) => entry.suite === suite && entry.cases.includes(id));
}

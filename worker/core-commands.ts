/**
 * The commands that the Worker carries compiled: those that people and agents use most, as many as the
 * paid plan's 10 MB allow (gzipped, with everything else). The others come on demand.
 */
export const CORE_COMMANDS: readonly string[] = [
  ...["ls", "cp", "mv", "rm", "mkdir", "rmdir", "ln", "touch", "chmod", "du", "stat"],
  ...["grep", "egrep", "fgrep", "sed", "awk", "sort", "head", "tail", "wc", "cut", "tr", "uniq"],
  ...["tee", "diff", "seq", "rev", "echo", "jq"],
  ...["find", "xargs", "tree", "file", "which", "basename", "dirname", "mktemp"],
  ...["tar", "gzip", "gunzip", "zcat", "env", "sleep", "test", "[", "true"],
];

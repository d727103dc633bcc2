/**
 * Twenty shell lines that need no command but the shell's own, with what bash prints for each. They
 * run in order on one machine, so later lines see the files of earlier ones.
 */
import type { LineResult } from "./hosts/host.ts";

interface Line extends LineResult {
  readonly line: string;
}

const prints = (line: string, stdout: string): Line => ({ line, stdout, stderr: "", status: 0 });

export const LINES: readonly Line[] = [
  prints("echo hello", "hello\n"),
  prints("printf '%05.1f|%-5s|%x\\n' 3.14159 ab 255", "003.1|ab   |ff\n"),
  prints("echo $((2 ** 40 + 7 % 4)) $((0x1f)) $((-7 / 2))", "1099511627779 31 -3\n"),
  prints("cd /tmp && echo one > a && echo two >> a && read -r x < a && echo $x", "one\n"),
  prints("mapfile -t lines < /tmp/a; echo ${#lines[@]} ${lines[1]}", "2 two\n"),
  prints("echo {a..c}{1,2} {01..10..3}", "a1 a2 b1 b2 c1 c2 01 04 07 10\n"),
  prints(
    "x=/usr/lib/name.tar.gz; echo ${x##*/} ${x%%.*} ${x/lib/share} ${#x} ${x^^}",
    "name.tar.gz /usr/lib/name /usr/share/name.tar.gz 20 /USR/LIB/NAME.TAR.GZ\n",
  ),
  prints("declare -A m=([k]=v [two]=2); m[k]+=w; echo ${m[k]} ${#m[@]}", "vw 2\n"),
  prints(
    "f() { local n=$1; ((n < 2)) && echo $n || echo $((n * $(f $((n - 1))))); }; f 6",
    "720\n",
  ),
  prints(
    "for i in 1 2 3; do echo $i; done | while read -r n; do echo $((n * n)); done",
    "1\n4\n9\n",
  ),
  prints("echo $(echo a; echo $(echo b)) `echo c`", "a b c\n"),
  prints("while read -r l; do echo \"<$l>\"; done <<< $'x y\\n  z'", "<x y>\n<z>\n"),
  prints("(trap 'echo got' TERM; kill -TERM $BASHPID; echo end)", "got\nend\n"),
  prints("set -o pipefail; false | true; echo $?", "1\n"),
  prints("(exit 3) & wait $!; echo $?", "3\n"),
  prints(
    "[[ abc-42 =~ ^([a-z]+)-([0-9]+)$ ]] && echo ${BASH_REMATCH[2]} ${BASH_REMATCH[1]}",
    "42 abc\n",
  ),
  prints(
    "shopt -s extglob\ncd /tmp; : > b.txt; : > c.txt; echo *.txt @(a|b)*",
    "b.txt c.txt a b.txt\n",
  ),
  prints("case naïve in na?ve) echo één match;; *) echo none;; esac", "één match\n"),
  {
    line: "no-such-command",
    stdout: "",
    stderr: "bash: line 1: no-such-command: command not found\n",
    status: 127,
  },
  { line: "echo out; echo err >&2; exit 7", stdout: "out\n", stderr: "err\n", status: 7 },
];

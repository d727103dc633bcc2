import { describe, expect, test } from "vitest";
import { readWholeFile } from "../../../../src/machine/read-file.ts";
import { Session } from "./session.ts";

/** A prompt with nothing behind it, at the bottom of the screen. */
const READY = /\n\$$/;

/** A program in the foreground that says when it is. */
const WAITING = "bash -c 'echo started; read x'";

describe("an interactive shell", () => {
  test("prompts, runs, remembers", async () => {
    const shell = await Session.open();
    await shell.enter("echo hi; echo $-", /^hi\nhimBHs$/m);
    await shell.keys("\x1b[A");
    await shell.until(/\$ echo hi; echo \$-$/);
    await shell.keys("\x15echo !!:1\r");
    await shell.until(/^echo hi\nhi\n\$$/m);
    await shell.enter(
      "history",
      /^ {4}1 {2}echo hi; echo \$-\n {4}2 {2}echo hi\n {4}3 {2}history$/m,
    );
    await shell.enter("exit 3", /exit$/);
    expect(await shell.status()).toBe(3);
  });

  test("asks for the rest of a command", async () => {
    const shell = await Session.open();
    await shell.enter("for i in 1 2; do", /\n>$/);
    await shell.enter("echo $i", /\n> echo \$i\n>$/);
    await shell.enter("done", /^1\n2\n\$$/m);
    await shell.keys("\x1b[A");
    await shell.until(/\$ for i in 1 2; do echo \$i; done$/);
    await shell.keys("\x03");
    await shell.until(/\^C\n\$$/);
    await shell.enter("echo 'a", /\n>$/);
    await shell.keys("\x03");
    await shell.until(/\^C\n\$$/);
    await shell.enter("echo $?", /^130$/m);
  });

  test("Ctrl-D ends it at an empty line, after what stops it was said", async () => {
    const shell = await Session.open();
    await shell.keys("echo x\x04\x01\x04");
    await shell.until(/\$ cho x$/);
    await shell.keys("\x0b");
    await shell.enter("set -o ignoreeof", READY);
    await shell.keys("\x04");
    await shell.until(/^Use "exit" to leave the shell\.\n\$$/m);
    await shell.enter(`set +o ignoreeof; ${WAITING}`, /^started$/m);
    await shell.keys("\x1a");
    await shell.until(/Stopped +bash .*\n\$$/);
    await shell.keys("\x04");
    await shell.until(/There are stopped jobs\.\n\$$/);
    await shell.keys("\x04");
    expect(await shell.status()).toBe(148);
  });

  test("stops, continues and ends jobs", async () => {
    const shell = await Session.open();
    await shell.enter(WAITING, /^started$/m);
    await shell.keys("\x1a");
    await shell.until(/^\^Z\n\[1\]\+ {2}Stopped {17}bash -c 'echo started; read x'\n\$$/m);
    await shell.enter("jobs %1; echo $?", /^\[1\]\+ {2}Stopped .*\n0\n\$$/m);
    await shell.enter("fg", /fg\nbash -c 'echo started; read x'$/);
    await shell.keys("\x03");
    await shell.until(/\^C\n\$$/);
    await shell.enter("echo $?", /^130$/m);
    await shell.until(/^130\n\$$/m);
    await shell.enter(
      "sleep 0.05 & wait; echo waited",
      /^\[1\] \d+\n\[1\]\+ {2}Done {20}sleep 0.05\nwaited\n\$$/m,
    );
    await shell.enter("false & sleep 0.05", /^\[1\]\+ {2}Exit 1 {18}false\n\$$/m);
    await shell.enter("while :; do :; done", /done$/);
    await shell.keys("\x03");
    await shell.until(/done\n\^C\n\$$/);
  });

  test("Ctrl-C ends what reads, and a script, but not the shell", async () => {
    const shell = await Session.open();
    await shell.enter("read x; echo not reached", /reached$/);
    await shell.keys("abc\x03");
    await shell.until(/\^C\n\$$/);
    await shell.enter("echo $?", /^130$/m);
    await shell.enter(`${WAITING}; echo never`, /^started$/m);
    await shell.keys("\x03");
    await shell.until(/started\n\^C\n\$$/);
    await shell.enter("trap 'echo caught' INT; echo set", /^set\n\$$/m);
    await shell.keys("abc");
    await shell.until(/\$ abc$/);
    await shell.keys("\x03");
    await shell.until(/abc\^C\ncaught\n+\$$/);
  });

  test("completes commands, files, variables and by specification", async () => {
    const files = { "/tmp/work/one file": "", "/tmp/work/other": "" };
    const shell = await Session.open({ files });
    await shell.keys("ech\to\t\t");
    await shell.until(/^one file {2}other\n\$ echo o$/m);
    await shell.keys("n\t");
    await shell.until(/\$ echo one\\ file$/);
    await shell.keys('\x15echo "on\t');
    await shell.until(/\$ echo "one file"$/);
    await shell.keys("\x15echo $HO\t\t");
    await shell.until(/^HOME {6}HOSTNAME {2}HOSTTYPE\n\$ echo \$HO$/m);
    await shell.keys("\x15");
    await shell.enter("complete -W 'start stop' svc", /svc\n\$$/);
    await shell.keys("svc sto\t");
    await shell.until(/\$ svc stop$/);
  });

  test("takes over a new width", async () => {
    const shell = await Session.open({ columns: 40 });
    await shell.enter("echo $COLUMNS", /^40$/m);
    await shell.resize(30);
    await shell.keys("echo $COLUMNS\r");
    await shell.until(/^30$/m);
  });

  test("takes pasted lines as one", async () => {
    const shell = await Session.open();
    await shell.keys("\x1b[200~echo one\recho two\r\x1b[201~");
    await shell.until(/\$ echo one\necho two\n?$/);
    await shell.keys("\r");
    await shell.until(/^one\ntwo\n\$$/m);
  });

  test("leaves to a command what was typed for it", async () => {
    const shell = await Session.open();
    await shell.keys("read a b\nfirst second\necho got $b $a\n");
    await shell.until(/^got second first\n\$$/m);
  });

  test("reads its startup files, keeps its history", async () => {
    const files = {
      "/home/user/.bashrc": "alias hi='echo hello'\n",
      "/home/user/.bash_history": "old\n",
    };
    const shell = await Session.open({ argv: ["/bin/bash"], files });
    await shell.enter("hi", /^hello\n\$$/m);
    await shell.enter("history 2; cat $HISTFILE", /^ {4}2 {2}hi\n.*history 2.*\nold\n\$$/m);
    await shell.enter("exec bash --norc -u", /norc -u\n\$$/);
    await shell.enter("echo $-", /^himuBHs$/m);
    await shell.enter("exit", /exit$/);
    expect(await shell.status()).toBe(0);
  });

  test("saves its history when it is hung up, at the prompt or in a command", async () => {
    for (const last of ["echo last", "read waits"]) {
      const shell = await Session.open({ argv: ["/bin/bash"] });
      await shell.enter("(trap; echo sub)", /^sub\n\$$/m);
      await shell.enter(last, /last\n\$$|waits$/m);
      await shell.hangUp();
      expect(await shell.status()).toBe(129);
      const history = await readWholeFile(shell.kernel.init, "/home/user/.bash_history");
      expect(Buffer.from(history).toString()).toBe(`(trap; echo sub)\n${last}\n`);
    }
  });

  test("runs PROMPT_COMMAND and expands prompts", async () => {
    const shell = await Session.open();
    await shell.enter("PROMPT_COMMAND='n=$((n+1))'; PS1='[\\#:$n:$?] '; false", /^\[2:1:1\]$/m);
    await shell.enter("true", /^\[3:2:0\]$/m);
  });

  test("keys can be bound", async () => {
    const shell = await Session.open();
    await shell.enter('bind \'"\\C-g": "echo macro\\C-m"\' \'"\\C-t": beginning-of-line\'', READY);
    await shell.keys("\x07");
    await shell.until(/^macro\n\$$/m);
    await shell.enter('bind -x \'"\\C-t": READLINE_LINE="echo $READLINE_LINE"\'', READY);
    await shell.keys("abc\x14\r");
    await shell.until(/^abc\n\$$/m);
  });
});

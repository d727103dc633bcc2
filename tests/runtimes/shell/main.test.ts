/** How the shell is started: command line, standard input, script files, startup files. */
import { describe, expect, test } from "vitest";
import { bootShell, DIRECTORY, runProgram, writeFile } from "./machine.ts";

describe("the command line", () => {
  test.each<[string[], string]>([
    [["bash", "-c", 'echo "$0 $# $1"', "name", "a b"], "name 1 a b\n"],
    [["bash", "-c", "echo $-"], "hBc\n"],
    [["bash", "-ec", "false; echo no"], ""],
    [["bash", "-o", "pipefail", "-c", "false | true; echo $?"], "1\n"],
    [["bash", "+B", "-c", "echo {a,b}"], "{a,b}\n"],
    [["bash", "-O", "extglob", "-c", "case ab in @(a|ab)) echo y;; esac"], "y\n"],
    [["bash", "--posix", "-c", "[[ -o posix ]] && echo posix"], "posix\n"],
    [["sh", "-c", "[[ -o posix ]] && echo posix"], "posix\n"],
    [["bash", "-s", "a", "b"], "from input 2 b\n"],
    [["bash"], "from input 0 \n"],
  ])("%j", async (argv, expected) => {
    const stdin = 'echo "from input $# $2"\n';
    const program = argv[0] === "sh" ? "/bin/sh" : "/bin/bash";
    const { stdout } = await runProgram(bootShell(), [program, ...argv.slice(1)], { stdin });
    expect(stdout).toBe(expected);
  });

  test.each<[string[], string, number]>([
    [["-Z"], "/bin/bash: -Z: invalid option", 2],
    [["-c"], "/bin/bash: -c: option requires an argument", 2],
    [["-o", "nosuch", "-c", ":"], "nosuch: invalid option name", 2],
    [["nosuch.sh"], "/bin/bash: nosuch.sh: No such file or directory", 127],
    [["/tmp"], "/tmp: /tmp: Is a directory", 126],
  ])("%j is refused", async (args, message, status) => {
    const outcome = await runProgram(bootShell(), ["/bin/bash", ...args]);
    expect(outcome.stderr).toContain(message.replace("/bin/bash: -", "bash: -"));
    expect(outcome.status).toBe(status);
  });
});

describe("a script on standard input", () => {
  test("leaves its commands the lines that it has not read", async () => {
    const stdin = "read x\nfirst\necho got $x\ncat\nrest 1\nrest 2\n";
    const { stdout } = await runProgram(bootShell(), ["/bin/bash"], { stdin });
    expect(stdout).toBe("got first\nrest 1\nrest 2\n");
  });

  test("also where it is a file that can be read again", async () => {
    const kernel = bootShell();
    writeFile(kernel, `${DIRECTORY}/s`, "read x\nfirst\necho got $x\ncat\nrest\n");
    const { stdout } = await runProgram(kernel, ["/bin/bash", "-c", "bash < s"]);
    expect(stdout).toBe("got first\nrest\n");
  });

  test("ends at a syntax error, and runs what stands before it", async () => {
    const outcome = await runProgram(bootShell(), ["/bin/bash"], { stdin: "echo a\n)\necho b\n" });
    expect(outcome).toMatchObject({ stdout: "a\n", status: 2 });
    expect(outcome.stderr).toBe(
      "/bin/bash: line 2: syntax error near unexpected token `)'\n/bin/bash: line 2: `)'\n",
    );
  });
});

describe("a script file", () => {
  test("knows its name, its arguments and its lines", async () => {
    const kernel = bootShell();
    writeFile(kernel, `${DIRECTORY}/s.sh`, 'echo "$0 $1 $BASH_SOURCE"\n\nnosuch\necho $LINENO\n');
    const outcome = await runProgram(kernel, ["/bin/bash", "s.sh", "arg"]);
    expect(outcome.stdout).toBe("s.sh arg s.sh\n4\n");
    expect(outcome.stderr).toBe("s.sh: line 3: nosuch: command not found\n");
  });

  test("that is no text is refused", async () => {
    const kernel = bootShell();
    writeFile(kernel, `${DIRECTORY}/bin`, "\0asm\x01\n", 0o755);
    expect(await runProgram(kernel, ["/bin/bash", "bin"])).toMatchObject({ status: 126 });
    const outcome = await runProgram(kernel, ["/bin/bash", "-c", "./bin; echo $?"]);
    expect(outcome.stdout).toBe("126\n");
    expect(outcome.stderr).toContain("./bin: cannot execute binary file: Exec format error");
  });
});

describe("startup files", () => {
  const files = {
    "/etc/profile": "echo profile",
    "/home/user/.profile": "echo .profile",
    "/home/user/.bashrc": "echo .bashrc",
    "/tmp/env": "echo env",
  };

  test.each<[string[], string]>([
    [["/bin/bash", "-lc", ":"], "profile\n.profile\nenv\n"],
    [["/bin/bash", "--login", "--noprofile", "-c", ":"], "env\n"],
    [["/bin/bash", "-c", ":"], "env\n"],
    [["/bin/sh", "-c", ":"], ""],
    [["/bin/bash", "--rcfile", "/tmp/env", "-ic", ":"], "env\n"],
    [["/bin/bash", "--norc", "-ic", ":"], ""],
  ])("%j", async (argv, expected) => {
    const kernel = bootShell();
    for (const [path, text] of Object.entries(files)) writeFile(kernel, path, `${text}\n`);
    const { stdout } = await runProgram(kernel, argv, { env: { BASH_ENV: "/tmp/env" } });
    expect(stdout).toBe(expected);
  });
});

describe("the environment", () => {
  test("comes in and goes out", async () => {
    const script = 'A=1 B="x y" bash -c \'echo "$A|$B"; unset A; env | grep ^[AB]=\'';
    const { stdout } = await runProgram(bootShell(), ["/bin/bash", "-c", script]);
    expect(stdout).toBe("1|x y\nB=x y\n");
  });

  test("carries functions, and SHLVL counts shells", async () => {
    const script = "f() { echo in f; }; export -f f; bash -c 'f; echo $SHLVL'";
    const { stdout } = await runProgram(bootShell(), ["/bin/bash", "-c", script]);
    expect(stdout).toBe("in f\n2\n");
  });
});

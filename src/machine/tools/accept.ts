/** Servers of pid 1's: connections are taken as long as the machine is on. */
import { ProcessGone, SOCK_CLOEXEC, type Sys } from "../../../kernel/index.ts";

/** Hands on each connection, `most` at once; others wait to be accepted. */
export async function acceptAll(
  sys: Sys,
  listener: number,
  most: number,
  serve: (fd: number) => Promise<void>,
): Promise<void> {
  let open = 0;
  let roomAgain: (() => void) | undefined;
  for (;;) {
    const { fd } = await sys.accept4(listener, SOCK_CLOEXEC);
    open++;
    void unlessGone(() => serve(fd)).finally(() => {
      open--;
      roomAgain?.();
    });
    while (open >= most) {
      await new Promise<void>((resolve) => {
        roomAgain = resolve;
      });
    }
  }
}

/** Whatever pid 1 waits for ends by ProcessGone when the machine is switched off. */
export async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (reason) {
    if (!(reason instanceof ProcessGone)) throw reason;
  }
}

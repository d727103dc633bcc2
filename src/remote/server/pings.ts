/** Pings of clients: each is a few bytes, and its answer waits in memory for as long as it is not taken. */
import type { ServerSocket } from "./host.ts";

/** Who has so many bytes yet to take hears of us by those. */
const WAITING_MAX = 64 << 10;

export function mayAnswerPing({
  bufferedAmount = 0,
}: Pick<ServerSocket, "bufferedAmount">): boolean {
  return bufferedAmount <= WAITING_MAX;
}

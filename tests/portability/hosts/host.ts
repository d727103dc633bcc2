/** What each host of the portability suite gives back; `machine.ts` is what runs in them. */

export interface LineResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** Runs shell lines on one machine inside some host, in order, each in a shell of its own. */
export type RunLines = (bundle: string, lines: readonly string[]) => Promise<LineResult[]>;

/**
 * Drivers of custom file systems in the thread of the API, by number, and how the kernel's thread calls
 * them: one message for one operation.
 */
import { type FileSystemDriver, OPERATIONS, type Operation } from "./driver.ts";

export interface DriverCall {
  readonly driver: number;
  readonly operation: Operation;
  readonly args: readonly unknown[];
}

/** An error's code survives the way between threads only as data. */
export type DriverAnswer =
  | { readonly value: unknown }
  | { readonly code: string | undefined; readonly message: string };

/** The API's side. */
export class Drivers {
  readonly #drivers = new Map<number, FileSystemDriver>();
  readonly #numbers = new Map<FileSystemDriver, number>();
  #last = 0;

  /** The same number for the same driver. */
  add(driver: FileSystemDriver): number {
    const known = this.#numbers.get(driver);
    if (known !== undefined) return known;
    this.#drivers.set(++this.#last, driver);
    this.#numbers.set(driver, this.#last);
    return this.#last;
  }

  async carryOut({ driver: number, operation, args }: DriverCall): Promise<DriverAnswer> {
    try {
      const driver = this.#drivers.get(number);
      const method = driver?.[operation] as ((...args: unknown[]) => unknown) | undefined;
      if (!driver || !method) throw new Error(`the file system has no operation ${operation}`);
      return { value: await method.apply(driver, args as unknown[]) };
    } catch (reason) {
      const { code, message } = reason instanceof Error ? (reason as NodeJS.ErrnoException) : {};
      return { code: typeof code === "string" ? code : undefined, message: message ?? `${reason}` };
    }
  }

  clear(): void {
    this.#drivers.clear();
    this.#numbers.clear();
  }
}

/** What of a driver there is: the kernel's thread is told. */
export function operationsOf(driver: FileSystemDriver): Operation[] {
  return OPERATIONS.filter((operation) => typeof driver[operation] === "function");
}

/** The kernel's side: a driver whose operations are calls to the other thread. */
export function farDriver(
  operations: readonly Operation[],
  call: (operation: Operation, args: readonly unknown[]) => Promise<DriverAnswer>,
): FileSystemDriver {
  const driver: Record<string, (...args: unknown[]) => Promise<unknown>> = {};
  for (const operation of operations) {
    driver[operation] = async (...args) => {
      const answer = await call(operation, args);
      if ("value" in answer) return answer.value;
      throw Object.assign(new Error(answer.message), { code: answer.code });
    };
  }
  return driver as unknown as FileSystemDriver;
}

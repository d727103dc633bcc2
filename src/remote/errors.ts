/** How the remote parts fail: with a code, a text that says what to do, and an HTTP status. */
import { fromFailure, IsopodError } from "../errors.ts";
import { isFailure } from "../machine/protocol.ts";

/** A request that a server refuses, or cannot serve. */
export class RemoteError extends IsopodError {
  readonly status: number;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "RemoteError";
    this.status = status;
  }
}

export function badRequest(message: string): RemoteError {
  return new RemoteError(400, "ERR_BAD_REQUEST", message);
}

export function noSuchMachine(name: string): RemoteError {
  const message = `there is no machine ${JSON.stringify(name)}; POST /vms makes one`;
  return new RemoteError(404, "ERR_NO_SUCH_MACHINE", message);
}

/** What travels for an error: the fields of a Failure, and a code where it is no errno. Never a stack. */
export interface SentFailure {
  readonly failure: true;
  readonly errno?: number | undefined;
  readonly syscall: string;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

export function toSent(reason: unknown): SentFailure {
  if (isFailure(reason)) {
    const { errno, syscall, path, dest, code, message } = reason;
    return { failure: true, errno, syscall, path, dest, code, message };
  }
  const { code, message } =
    reason instanceof Error ? codeOf(reason) : codeOf(new Error(`${reason}`));
  return { failure: true, syscall: "", code, message };
}

/** The error that the client's caller sees. */
export function fromSent(sent: SentFailure): unknown {
  if (sent.errno !== undefined) return { ...sent, errno: sent.errno };
  return new IsopodError(sent.code ?? "ERR_INTERNAL", sent.message ?? "the server failed");
}

/** For HTTP: `{ error: { code, message, ... } }` and its status. */
export function toResponse(reason: unknown): Response {
  const error = isFailure(reason) ? fromFailure(reason) : reason;
  const { code, message } = codeOf(error instanceof Error ? error : new Error(String(error)));
  const { syscall, path } = error as { syscall?: string; path?: string };
  const status = error instanceof RemoteError ? error.status : statusOf(code);
  const body = { error: { code, message, syscall, path: path?.toWellFormed() } };
  return Response.json(body, { status });
}

function codeOf(error: Error): { code: string; message: string } {
  const { code } = error as { code?: unknown };
  return { code: typeof code === "string" ? code : "ERR_INTERNAL", message: error.message };
}

const STATUS: Readonly<Record<string, number>> = {
  ENOENT: 404,
  ESRCH: 410,
  EACCES: 403,
  EPERM: 403,
  EEXIST: 409,
  ENOTEMPTY: 409,
  EISDIR: 409,
  ENOTDIR: 409,
  EBUSY: 409,
  EFBIG: 413,
  ENOSPC: 507,
  EDQUOT: 507,
  EROFS: 403,
  EINVAL: 400,
  ENAMETOOLONG: 400,
  ELOOP: 400,
  ERR_INVALID_OPTION: 400,
  ERR_STORE_BUSY: 409,
  ERR_VM_DISPOSED: 410,
  ERR_NO_SNAPSHOT: 404,
  ERR_NO_IMAGE: 404,
  ERR_SNAPSHOT_EXISTS: 409,
  ERR_MACHINE_EXISTS: 409,
  ERR_OTHER_IMAGE: 409,
  ERR_TRANSFER: 409,
  ERR_LIMIT: 413,
  ERR_NOT_ON_THIS_HOST: 501,
};

function statusOf(code: string): number {
  return STATUS[code] ?? 500;
}

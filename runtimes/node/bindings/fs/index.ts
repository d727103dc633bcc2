/**
 * internalBinding("fs") and what belongs to it. One file for each family of calls; the three forms that
 * every call has (at once, callback, promise) are in requests.ts.
 */
import type { BindingFactory } from "../../environment.ts";
import { createChecks } from "./arguments.ts";
import { createAttributeCalls } from "./attributes.ts";
import { createCopyCalls } from "./copy.ts";
import { createDataCalls } from "./data.ts";
import { createFileHandle } from "./file-handle.ts";
import { createModuleCalls } from "./modules.ts";
import { createNameCalls } from "./names.ts";
import { OpenedFiles } from "./opened.ts";
import { createRequests } from "./requests.ts";
import { createStatWatcher } from "./stat-watcher.ts";
import { createStatArrays, FIELDS } from "./stats.ts";

export const fs: BindingFactory = (env) => {
  const requests = createRequests(env);
  const checks = createChecks(env);
  const arrays = createStatArrays();
  const opened = new OpenedFiles(env);
  const FileHandle = createFileHandle(env);
  return {
    ...createAttributeCalls(env, requests, checks, arrays, opened),
    ...createDataCalls(env, requests, checks, opened),
    ...createNameCalls(env, requests, checks, opened, (fd) => new FileHandle(fd)),
    ...createCopyCalls(env, requests, checks),
    ...createModuleCalls(env),
    FSReqCallback: requests.FSReqCallback,
    FileHandle,
    StatWatcher: createStatWatcher(env),
    kUsePromises: requests.kUsePromises,
    kFsStatsFieldsNumber: FIELDS,
    statValues: arrays.statValues,
    bigintStatValues: arrays.bigintStatValues,
    statFsValues: arrays.statFsValues,
    bigintStatFsValues: arrays.bigintStatFsValues,
  };
};

/**
 * internalBinding("http2"): enough for `node:http2` to load, since much that speaks HTTP/1 does so beside
 * it. A session cannot be made, and says so.
 */
import type { BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";
import { HTTP2_CONSTANTS } from "../http2/constants.ts";

const WHY = "this machine speaks HTTP/1.1 only";
/** Lengths of what Node's C++ half shares with lib/. */
const FIELDS = { session: 9, stream: 6, settings: 29, options: 14 };

export const http2: BindingFactory = () => ({
  constants: HTTP2_CONSTANTS,
  nameForErrorCode: Object.keys(HTTP2_CONSTANTS).slice(
    Object.keys(HTTP2_CONSTANTS).indexOf("NGHTTP2_NO_ERROR"),
    Object.keys(HTTP2_CONSTANTS).indexOf("NGHTTP2_HTTP_1_1_REQUIRED") + 1,
  ),
  sessionState: new Float64Array(FIELDS.session),
  sessionStats: new Float64Array(FIELDS.session),
  streamState: new Float64Array(FIELDS.stream),
  streamStats: new Float64Array(FIELDS.stream),
  settingsBuffer: new Uint32Array(FIELDS.settings),
  optionsBuffer: new Uint32Array(FIELDS.options),
  kBitfield: 0,
  kSessionPriorityListenerCount: 1,
  kSessionFrameErrorListenerCount: 2,
  kSessionMaxInvalidFrames: 3,
  kSessionMaxRejectedStreams: 4,
  kSessionUint8FieldCount: 5,
  kSessionHasRemoteSettingsListeners: 0,
  kSessionRemoteSettingsIsUpToDate: 1,
  kSessionHasPingListeners: 2,
  kSessionHasAltsvcListeners: 3,
  nghttp2ErrorString: (code: number) => `nghttp2 error ${code}`,
  setCallbackFunctions() {},
  refreshDefaultSettings() {
    throw refused("HTTP/2", WHY);
  },
  packSettings() {
    throw refused("HTTP/2", WHY);
  },
  Http2Session: class Http2Session {
    constructor() {
      throw refused("HTTP/2", WHY);
    }
  },
  Http2Stream: class Http2Stream {
    constructor() {
      throw refused("HTTP/2", WHY);
    }
  },
});

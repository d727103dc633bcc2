/** internalBinding("config"): what this build of Node has. */
import type { BindingFactory } from "../environment.ts";

export const config: BindingFactory = () => ({
  isDebugBuild: false,
  openSSLIsBoringSSL: false,
  hasOpenSSL: true,
  fipsMode: false,
  hasIntl: true,
  hasTracing: false,
  hasNodeOptions: true,
  hasInspector: false,
  noBrowserGlobals: false,
  bits: 64,
  getDefaultLocale: () => "en-US",
});

/** The Durable Object that is one machine: its kernel runs here, and its storage is its disk. */
import { DurableObject } from "cloudflare:workers";
import * as baseImage from "isopod:base-image";
import { MachineService } from "../../machine/service.ts";
import { BundledImage } from "./bundled-image.ts";
import type { EdgeEnv } from "./env.ts";
import { EdgeFormat } from "./formats.ts";
import { edgePlatform } from "./platform.ts";

export class IsopodMachine extends DurableObject<EdgeEnv> {
  #service: MachineService | undefined;
  #machine: Promise<number> | undefined;

  async fetch(request: Request): Promise<Response> {
    const command = await request.text();
    const { ASSETS, LOADER } = this.env;
    const platform = edgePlatform({
      image: new BundledImage(baseImage, ASSETS),
      formats: [new EdgeFormat(baseImage, LOADER)],
    });
    this.#service ??= new MachineService(platform);
    this.#machine ??= this.#service.create({
      hostname: "isopod",
      user: "user",
      env: {},
      cwd: undefined,
      mounts: [],
      limits: {},
    });
    const result = await this.#service.request(await this.#machine, "machine", "run", [
      {
        argv: ["bash", "-c", command],
        argv0: undefined,
        env: {},
        cwd: undefined,
        user: undefined,
        token: 1,
        stdin: undefined,
        timeout: 0,
        maxBuffer: 1 << 20,
      },
    ]);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return Response.json({
      ...result,
      stdout: text(result.stdout),
      stderr: text(result.stderr),
    });
  }
}

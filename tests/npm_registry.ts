import { createTarGzip } from "nanotar";
import { filesBelow } from "../scripts/package_files.ts";

/** npm's registry on a free loopback port, with the packages that lie in a folder as npm unpacks them. */
export function openNpmRegistry(modulesFolder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { origin, pathname } = new URL(request.url);
    const [, name, tarball] = /^\/([a-z]+)(\/-\/[^/]+\.tgz)?$/.exec(pathname) ?? [];
    const folder = `${modulesFolder}/${name}`;
    const manifest = await Deno.readTextFile(`${folder}/package.json`).catch(() => undefined);
    if (manifest === undefined) return new Response("not here", { status: 404 });
    if (tarball !== undefined) return new Response(await packed(folder));
    const { version, ...rest } = JSON.parse(manifest);
    const dist = { tarball: `${origin}/${name}/-/${name}-${version}.tgz` };
    return Response.json({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...rest, version, dist } },
    });
  });
}

async function packed(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = (await filesBelow(folder)).map(async (path) => ({
    name: `package/${path}`,
    data: await Deno.readFile(`${folder}/${path}`),
  }));
  return new Uint8Array(await createTarGzip(await Promise.all(files)));
}

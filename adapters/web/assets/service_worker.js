// Keeps the shell and nothing else: the page that says that the assistant can't be reached, and what that page is made
// of. Nothing that anybody wrote is ever kept. The address of this script names what the shell depends on.
const shell = `shell${new URL(location.href).search}`;

addEventListener("install", (event) => event.waitUntil(keepShell()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  else if (pathname.startsWith("/assets/")) event.respondWith(keptOrFetched(request));
});

async function keepShell() {
  const cache = await caches.open(shell);
  const page = await fetch("/offline", { cache: "no-store" });
  if (!page.ok) throw new Error(`/offline: HTTP ${page.status}`);
  const assets = (await page.clone().text()).match(/\/assets\/[\w/.-]+/g) ?? [];
  await Promise.all([cache.put("/offline", page), cache.addAll([...new Set(assets)])]);
  await skipWaiting();
}

async function forgetOthers() {
  for (const name of await caches.keys()) if (name !== shell) await caches.delete(name);
}

async function keptOrFetched(request) {
  return await caches.match(request, { cacheName: shell }) ?? await fetch(request);
}

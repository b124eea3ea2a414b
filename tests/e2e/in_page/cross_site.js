/**
 * What a page of another origin can try against the page at `url`, and what it got back from each try.
 */
(async ({ url, sessionId }) => {
  const message = JSON.stringify({ conversation: "c", platform_id: "p", text: "owned" });
  const outcomes = [];
  const attempt = async (what, work) => {
    outcomes.push(await work().then((got) => `${what}: ${got}`, () => `${what}: nothing`));
  };
  const send = (path, init) => async () => {
    const response = await fetch(url + path, { credentials: "include", ...init });
    return response.type === "opaque" ? "opaque" : await response.text();
  };
  const add = (tag, properties) => {
    const element = Object.assign(document.createElement(tag), properties);
    document.body.append(element);
    return element;
  };
  const load = (tag, properties) => () =>
    new Promise((resolve, reject) => add(tag, { onload: () => resolve("loaded"), onerror: reject, ...properties }));

  for (const mode of ["cors", "no-cors"]) {
    await attempt(`read a page, ${mode}`, send(`/c/${sessionId}`, { mode }));
    await attempt(`read the API, ${mode}`, send("/api/sessions", { mode }));
    await attempt(`stop, ${mode}`, send("/api/turns/t/stop", { mode, method: "POST" }));
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const init = { mode, method: "POST", body: message, headers: { "content-type": type } };
      await attempt(`send as ${type}, ${mode}`, send("/api/messages", init));
    }
  }
  const headers = { "content-type": "application/json", "x-csrf-token": "0".repeat(64) };
  await attempt("send as JSON", send("/api/messages", { method: "POST", body: message, headers }));
  await attempt("remove", send(`/api/sessions/${sessionId}`, { method: "DELETE" }));
  await attempt("send a beacon", async () => navigator.sendBeacon(`${url}/api/messages`, message));
  await attempt("read events", () =>
    new Promise((resolve, reject) => {
      const source = new EventSource(`${url}/c/${sessionId}/events`, { withCredentials: true });
      source.onopen = () => resolve("loaded");
      source.onerror = () => reject(source.close());
    }));
  await attempt("load as script", load("script", { src: `${url}/api/sessions` }));
  await attempt("load as image", load("img", { src: `${url}/assets/x/icon.svg` }));
  await attempt("load as style", load("link", { rel: "stylesheet", href: `${url}/assets/x/app.css` }));
  const forms = {
    "/messages": { text: "owned", conversation: "c", platform_id: "f", csrf: "" },
    "/logout": { csrf: "" },
    "/preferences": { locale: "zh-CN", theme: "dark", back: "/", csrf: "" },
  };
  for (const enctype of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]) {
    for (const [path, fields] of Object.entries(forms)) {
      const frame = add("iframe", { name: `${path} ${enctype}` });
      const form = add("form", { method: "post", action: url + path, target: frame.name, enctype });
      for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      const answered = new Promise((resolve) => frame.onload = resolve);
      form.submit();
      await answered;
      outcomes.push(`submit ${frame.name}: ${frame.contentDocument?.body.textContent ?? "nothing"}`);
    }
  }
  // What a window that it opens shows.
  const opened = globalThis.open(`${url}/c/${sessionId}`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await attempt("look into a window", async () => opened.document.body.textContent);
  opened?.close();
  add("iframe", { src: `${url}/c/${sessionId}` });
  return outcomes;
});

// The page that stands in while the assistant can't be reached: it leaves as soon as it can.
import { createBackoff } from "./backoff.js";

const backoff = createBackoff();
document.querySelector("[data-retry]").addEventListener("click", () => location.reload());
for (;;) {
  await backoff.wait();
  const isBack = await fetch("/healthz", { cache: "no-store" }).then((response) => response.ok, () => false);
  if (isBack) break;
}
location.reload();

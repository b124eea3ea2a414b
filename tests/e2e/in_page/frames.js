/** Begins to note how long each frame takes, in milliseconds, in `globalThis.frameMs`. */
(() => {
  globalThis.frameMs = [];
  let lastMs = performance.now();
  const note = (nowMs) => {
    globalThis.frameMs.push(nowMs - lastMs);
    lastMs = nowMs;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
});

import { kept } from "./kept.js";
import { find } from "./request.js";

/** Most files of one message. */
const filesMax = 10;

/**
 * Files on their way into the next message: chosen, dropped or pasted, uploaded one after the other, as they are on the
 * disk. What was uploaded outlives a reload of this tab.
 * @param onSettled Is told when nothing is on its way any more. @param onChange Is told of each change.
 */
export function createAttachments({ key, csrf, say, bytesMax, onSettled, onChange, onLoggedOut }) {
  const store = kept(key);
  const list = find("files");
  const input = find("file-input");
  const template = find("file-template");
  /** `{ id, name, bytes, file, request, element, state }`, in the order in which they were chosen. */
  let entries = [];
  const announce = (words) => find("status").textContent = words;
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function save() {
    const done = entries.filter(({ state }) => state === "done").map(({ id, name, bytes }) => ({ id, name, bytes }));
    store.write(done.length === 0 ? "" : JSON.stringify(done));
  }
  function changed() {
    list.hidden = entries.length === 0;
    save();
    onChange();
  }

  function add(files) {
    for (const file of files) {
      if (entries.length >= filesMax) {
        find("note").textContent = say.tooManyFiles;
        break;
      }
      const entry = show({ name: file.name || say.pastedFile, bytes: file.size, file, state: "waiting" });
      if (file.size > bytesMax) setState(entry, "failed", say.fileTooLarge);
      else announce(fill(say.fileAdded, entry));
    }
    changed();
    next();
  }

  function show({ id, name, bytes, file, state }) {
    const element = template.content.firstElementChild.cloneNode(true);
    const entry = { id, name, bytes, file, state, element };
    find("file-name", element).textContent = name;
    find("file-size", element).textContent = sizeOf(bytes);
    const [remove, again] = [find("file-remove", element), find("file-again", element)];
    remove.setAttribute("aria-label", fill(say.removeFile, entry));
    remove.title = fill(say.removeFile, entry);
    remove.addEventListener("click", () => removeEntry(entry));
    again.addEventListener("click", () => {
      setState(entry, "waiting", say.fileWaiting);
      remove.focus();
      next();
    });
    entries.push(entry);
    list.append(element);
    setState(entry, state, state === "waiting" ? say.fileWaiting : "");
    return entry;
  }

  function setState(entry, state, words) {
    const { element } = entry;
    entry.state = state;
    element.dataset.state = state;
    find("file-state", element).textContent = words;
    find("file-progress", element).hidden = state !== "uploading";
    find("file-again", element).hidden = state !== "failed" || entry.file === undefined || entry.bytes > bytesMax;
    if (state === "failed") announce(`${entry.name}: ${words}`);
  }

  function removeEntry(entry) {
    const index = entries.indexOf(entry);
    entries = entries.filter((other) => other !== entry);
    entry.request?.abort();
    entry.element.remove();
    if (entry.state === "done") forget(entry.id);
    const neighbour = entries[index] ?? entries.at(-1);
    if (neighbour === undefined) find("text").focus({ preventScroll: true });
    else find("file-remove", neighbour.element).focus();
    announce(fill(say.fileRemoved, entry));
    changed();
    next();
  }

  /** Best effort: what nobody sends is removed after a day anyway. */
  function forget(id) {
    fetch(`/api/attachments/${id}`, { method: "DELETE", headers: { "x-csrf-token": csrf } }).catch(() => {});
  }

  /** Begins with the next, or says that there is none. */
  function next() {
    if (entries.some(({ state }) => state === "uploading")) return;
    const entry = entries.find(({ state }) => state === "waiting");
    if (entry === undefined) return onSettled();
    upload(entry);
  }

  function upload(entry) {
    const progress = find("file-progress", entry.element);
    const request = new XMLHttpRequest();
    entry.request = request;
    setState(entry, "uploading", "");
    progress.setAttribute("aria-label", fill(say.fileUploading, entry));
    progress.value = 0;
    request.open("POST", `/api/attachments?name=${encodeURIComponent(entry.name)}`);
    request.setRequestHeader("x-csrf-token", csrf);
    request.setRequestHeader("accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (total > 0) progress.value = loaded / total;
    });
    request.addEventListener("loadend", () => {
      if (!entries.includes(entry)) return; // It was removed.
      entry.request = undefined;
      if (request.status === 401) return onLoggedOut();
      const answer = parsed(request.responseText);
      if (request.status === 201) {
        entry.id = answer.id;
        entry.name = answer.name;
        entry.file = undefined;
        find("file-name", entry.element).textContent = answer.name;
        setState(entry, "done", "");
        announce(fill(say.fileUploaded, entry));
      } else setState(entry, "failed", answer?.error?.message ?? say.fileUnreachable);
      changed();
      next();
    });
    // A body of the type that it has by its name would tell nothing: the content is looked at.
    request.send(new Blob([entry.file], { type: "application/octet-stream" }));
  }

  function sizeOf(bytes) {
    const units = ["B", "KB", "MB", "GB"];
    let value = bytes;
    let unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1_000;
      unit++;
    }
    const digits = unit === 0 || value >= 9.95 ? 0 : 1;
    return `${value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits })} ${units[unit]}`;
  }

  // ---- Ways in

  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  find("text").addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    // Office programs put a picture of the text beside it: then the text is meant.
    if (files.length === 0 || types.includes("text/plain")) return;
    event.preventDefault();
    add([...files]);
  });
  const stage = document.querySelector(".stage");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") === true;
  /** Entering a child comes before leaving its parent. */
  let depth = 0;
  const showTarget = () => find("drop").hidden = depth === 0;
  stage.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth++;
    showTarget();
  });
  stage.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  stage.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    showTarget();
  });
  stage.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    showTarget();
    add([...event.dataTransfer.files]);
    find("text").focus({ preventScroll: true });
  });

  for (const entry of parsed(store.read()) ?? []) show({ ...entry, state: "done" });
  list.hidden = entries.length === 0;

  return {
    /** Whether some wait or are being uploaded. */
    isBusy: () => entries.some(({ state }) => state === "waiting" || state === "uploading"),
    /** Whether one couldn't be uploaded: it must be removed or tried again first. */
    hasFailed: () => entries.some(({ state }) => state === "failed"),
    isEmpty: () => entries.length === 0,
    /** What goes with the message that is sent now. */
    take() {
      const taken = entries.map(({ id, name, bytes }) => ({ id, name, bytes }));
      for (const { element } of entries) element.remove();
      entries = [];
      changed();
      return taken;
    },
    /** Gives files back whose message wasn't accepted, unless the person has chosen others since. */
    giveBack(files) {
      if (entries.length > 0) return;
      for (const entry of files) show({ ...entry, state: "done" });
      changed();
    },
    /** The session is known now: the files belong to it. */
    moveTo: store.moveTo.bind(store),
  };
}

/** Files of a message that the record doesn't show yet, as it will show them. */
export function filesOf(files) {
  const list = document.createElement("ul");
  list.className = "files";
  for (const { name } of files) {
    const item = document.createElement("li");
    const chip = document.createElement("span");
    chip.className = "file";
    chip.textContent = name;
    item.append(chip);
    list.append(item);
  }
  return list;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

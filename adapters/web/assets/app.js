// Without this script the pages work, by reloading. With it, they live.
import { startChat } from "./chat.js";
import { install, tellZone } from "./install.js";
import { startKeys } from "./keys.js";
import { createList } from "./list.js";
import { startMenu } from "./menu.js";
import { find } from "./request.js";
import { startSearch } from "./search.js";
import { startSide } from "./side.js";

const page = JSON.parse(document.body.dataset.page);
const isZoneNew = tellZone();

if (find("list") !== null) {
  const list = createList(page.list);
  startSearch(list);
  startMenu({ csrf: page.csrf, say: page.list, list });
  startSide(page);
  if (find("messages") !== null) startChat(page, list);
  if (isZoneNew) list.refresh();
}
startKeys();
install();

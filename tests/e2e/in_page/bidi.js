/**
 * Where `turned` stands without being isolated from text that isn't its own, as a list of sentences; empty: nowhere.
 * (A browser's own title bar isolates nothing; there core keeps such signs out of titles.)
 * Isolated is what a browser computes to be; Source: CSS Writing Modes 4, section 2.2.
 */
((turned) => {
  const wrong = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    if (!text.data.includes(turned)) continue;
    count++;
    let element = text.parentElement;
    while (!/isolate|plaintext/.test(getComputedStyle(element).unicodeBidi)) element = element.parentElement;
    if (element.textContent.trim() !== turned) wrong.push(`isolated only by ${element.outerHTML.slice(0, 200)}`);
  }
  if (count === 0) wrong.push("it isn't there at all");
  return wrong;
});

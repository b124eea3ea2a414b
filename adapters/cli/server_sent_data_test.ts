import { deepStrictEqual } from "node:assert/strict";
import { serverSentData } from "./server_sent_data.ts";

const text = ': hi\n\nevent: a\ndata: {"x":"中"}\n\ndata: 1\r\ndata:2\r\n\r\nid: 7\n\ndata: cut off';

Deno.test("serverSentData() gives the data of whole events, however the bytes were cut", async () => {
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size < 20; size++) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, at) => bytes.slice(at * size, at * size + size),
    );
    deepStrictEqual(await Array.fromAsync(serverSentData(chunks)), ['{"x":"中"}', "1\n2"]);
  }
});

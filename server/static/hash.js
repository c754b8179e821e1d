// A worker: SHA-256 of a file of any size, without holding it in memory.

import { sha256 } from "./vendor/noble-hashes/sha2.js";

addEventListener("message", async ({ data: file }) => {
  const digest = sha256.create();
  for (let start = 0; start < file.size; start += 4_194_304) {
    digest.update(new Uint8Array(await file.slice(start, start + 4_194_304).arrayBuffer()));
  }
  postMessage(Array.from(digest.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""));
});
